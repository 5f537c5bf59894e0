import { attrs, cstring, i32, u8, u16, u32 } from '@tsnctl/codec';
import { hardwareAddress } from '../hardware-address.ts';

/** struct ifinfomsg in linux/rtnetlink.h. `flags` are IFF_*; `change` says which of them a request sets. */
export const ifInfo = { family: u8, type: u16, index: i32, flags: u32, change: u32 };

/** The values of a header that says nothing. */
export const noIfInfo = { family: 0, type: 0, index: 0, flags: 0, change: 0 };

/** IFLA_* in linux/if_link.h, without IFLA_LINKINFO, which depends on the kind. */
export const linkAttributes = {
  address: [1, hardwareAddress],
  ifname: [3, cstring],
  mtu: [4, u32],
  link: [5, u32],
  qdisc: [6, cstring],
  master: [10, u32],
  operstate: [16, u8],
  netnsPid: [19, u32],
  netnsFd: [28, u32],
  extMask: [29, u32],
  numTxQueues: [31, u32],
  numRxQueues: [32, u32],
  linkNetnsid: [37, i32],
  xdp: [43, attrs({ attached: [2, u8], programId: [4, u32] })], // IFLA_XDP_*
  parentDevName: [56, cstring],
  parentDevBusName: [57, cstring],
} as const;
