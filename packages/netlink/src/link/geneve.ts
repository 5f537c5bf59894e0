import { attrs, be16, be32, flag, type Infer, u8, u32 } from '@tsnctl/codec';
import { ipAddress } from '../ip.ts';
import { refuse } from '../refuse.ts';
import { word, words } from '../words.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** Ethernet over UDP (RFC 8926). `port` is the UDP destination, 6081 unless told. */
export interface GeneveSpec extends CommonLinkSpec {
  readonly kind: 'geneve';
  /** The virtual network, and where it is; unless `external`. */
  readonly id?: number;
  readonly remote?: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly port?: number;
  /** The id and the other end are told packet by packet: by a route, a filter or a BPF program. */
  readonly external?: boolean;
}

// IFLA_GENEVE_* in linux/if_link.h
const data = attrs({
  id: [1, u32],
  remote: [2, ipAddress],
  ttl: [3, u8],
  tos: [4, u8],
  port: [5, be16],
  external: [6, flag],
  remote6: [7, ipAddress],
  udpCsum: [8, u8],
  udpZeroCsum6Tx: [9, u8],
  udpZeroCsum6Rx: [10, u8],
  label: [11, be32],
  ttlInherit: [12, u8],
  df: [13, u8],
});

export type GeneveData = Infer<typeof data>;

export const geneve: LinkKind<GeneveSpec, GeneveData> = {
  kind: 'geneve',
  data,
  fields: { remote6: 'remote' },
  encode: ({ id, remote, ttl = 0, tos = 0, port, external }) => {
    if (!external && id === undefined) refuse('id', 'a Geneve tunnel needs one', 'an id, or external: true');
    if (!external && remote === undefined) {
      refuse('remote', 'a Geneve tunnel needs one', 'an address, or external: true');
    }
    return {
      id: id ?? 0,
      [remote?.includes(':') ? 'remote6' : 'remote']: remote,
      label: 0,
      ttl,
      tos,
      port,
      external,
    };
  },
  words: ({ id, remote, ttl, tos, port, external }) => [
    ...words({ id, remote, ttl, tos, dstport: port }),
    ...word('external', external),
  ],
};
