import { attrs, i32, struct, u8, u16 } from '@tsnctl/codec';
import { hardwareAddress } from './hardware-address.ts';
import { addressFamily, ipAddress, parsePrefix } from './ip.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.ts';
import { change, type NetlinkRequest } from './request.ts';
import { RTM_NEWNEIGH } from './rtm.ts';

/**
 * A permanent neighbour: no ARP or neighbour discovery is done for this address.
 * Equivalent to: ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev NAME nud permanent
 */
export function addNeighbour(spec: {
  readonly index: number;
  readonly address: string;
  readonly lladdr: string;
}): NetlinkRequest<void> {
  const { index, address, lladdr } = spec;
  return change(
    `ip neigh add ${address} lladdr ${lladdr} dev ${dev(index)} nud permanent`,
    RTM_NEWNEIGH,
    NLM_F_CREATE | NLM_F_EXCL,
    neighbourMessage,
    {
      family: addressFamily[parsePrefix(address).family],
      index,
      state: NUD_PERMANENT,
      flags: 0,
      type: 0,
      attrs: { address, lladdr },
    },
  );
}

// struct ndmsg, NDA_* and NUD_* in linux/neighbour.h
const neighbourMessage = struct({
  family: u8,
  index: i32,
  state: u16,
  flags: u8,
  type: u8,
  attrs: attrs({ address: [1, ipAddress], lladdr: [2, hardwareAddress] }),
});

const NUD_PERMANENT = 0x80;
