import { attrs, be16, be32, be64, flag, type Infer, struct, u8, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { ipAddress } from '../ip.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** Ethernet over UDP (RFC 7348). `dev` is the index of the device below, `port` the UDP destination (4789). */
export interface VxlanSpec extends CommonLinkSpec {
  readonly kind: 'vxlan';
  readonly id: number;
  readonly local?: string;
  readonly remote?: string;
  readonly port: number;
  readonly dev?: number;
  /** Learn senders' addresses; true unless told. */
  readonly learning?: boolean;
}

// IFLA_VXLAN_* in linux/if_link.h
const data = attrs({
  id: [1, u32],
  remote: [2, ipAddress],
  link: [3, u32],
  local: [4, ipAddress],
  ttl: [5, u8],
  tos: [6, u8],
  learning: [7, u8],
  ageingS: [8, u32],
  limit: [9, u32],
  portRange: [10, struct({ low: be16, high: be16 })],
  proxy: [11, u8],
  rsc: [12, u8],
  l2miss: [13, u8],
  l3miss: [14, u8],
  port: [15, be16],
  remote6: [16, ipAddress],
  local6: [17, ipAddress],
  udpCsum: [18, u8],
  udpZeroCsum6Tx: [19, u8],
  udpZeroCsum6Rx: [20, u8],
  remcsumTx: [21, u8],
  remcsumRx: [22, u8],
  gbp: [23, flag],
  remcsumNopartial: [24, flag],
  external: [25, u8],
  label: [26, be32],
  gpe: [27, flag],
  ttlInherit: [28, u8],
  df: [29, u8],
  vnifilter: [30, u8],
  localbypass: [31, u8],
  labelPolicy: [32, u32],
  reservedBits: [33, be64],
});

export type VxlanData = Infer<typeof data>;

export const vxlan: LinkKind<VxlanSpec, VxlanData> = {
  kind: 'vxlan',
  data,
  fields: { link: 'dev', remote6: 'remote', local6: 'local' },
  encode: ({ id, local, remote, port, dev, learning = true }) => ({
    link: dev,
    id,
    [isIp6(local) ? 'local6' : 'local']: local,
    [isIp6(remote) ? 'remote6' : 'remote']: remote,
    learning: Number(learning),
    port,
  }),
  words: ({ id, local, remote, port, dev, learning = true }) => [
    ...Object.entries(compact({ id, local, remote, dstport: port, dev: dev && `if${dev}` })).flat(),
    ...(learning ? [] : ['nolearning']),
  ],
};

function isIp6(address: string | undefined): boolean {
  return address?.includes(':') ?? false;
}
