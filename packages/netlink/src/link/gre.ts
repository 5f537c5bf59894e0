import { attrs, be16, be32, flag, type Infer, u8, u16, u32 } from '@tsnctl/codec';
import { ipAddress } from '../ip.ts';
import type { LinkKind } from './kind.ts';
import { type TunnelSpec, tunnelWords } from './tunnel.ts';

/** GRE over IPv4 (RFC 2784): of IP packets (gre), or of Ethernet frames (gretap). */
export interface GreSpec extends TunnelSpec {
  readonly kind: 'gre' | 'gretap';
  /** Tells tunnels between the same two ends apart (RFC 2890), in both directions. */
  readonly key?: number;
}

// IFLA_GRE_* in linux/if_tunnel.h
const data = attrs({
  link: [1, u32],
  iflags: [2, be16],
  oflags: [3, be16],
  ikey: [4, be32],
  okey: [5, be32],
  local: [6, ipAddress],
  remote: [7, ipAddress],
  ttl: [8, u8],
  tos: [9, u8],
  pmtudisc: [10, u8],
  encapType: [14, u16],
  encapFlags: [15, u16],
  encapSport: [16, be16],
  encapDport: [17, be16],
  external: [18, flag],
  ignoreDf: [19, u8],
  fwmark: [20, u32],
});

export type GreData = Infer<typeof data>;

export const gre: LinkKind<GreSpec, GreData> = {
  kind: 'gre',
  data,
  fields: { link: 'dev', ikey: 'key', okey: 'key' },
  encode: ({ local, remote, key, ttl = 0, tos = 0, pmtudisc = true, dev, external }) => {
    if (external) return { external };
    const flags = key === undefined ? 0 : GRE_KEY;
    return {
      ikey: key ?? 0,
      okey: key ?? 0,
      iflags: flags,
      oflags: flags,
      local,
      remote,
      pmtudisc: Number(pmtudisc),
      tos,
      link: dev,
      ttl,
      fwmark: 0,
      encapType: 0,
      encapFlags: 0,
      encapSport: 0,
      encapDport: 0,
    };
  },
  words: (spec) => tunnelWords(spec, { key: spec.key }),
};

const GRE_KEY = 0x2000; // linux/if_tunnel.h
