import { attrs, be16, flag, type Infer, u8, u16, u32 } from '@tsnctl/codec';
import { ipAddress } from '../ip.ts';
import type { LinkKind } from './kind.ts';
import { type TunnelSpec, tunnelWords } from './tunnel.ts';

/** IPv4 in IPv4 (RFC 2003). */
export interface IpipSpec extends TunnelSpec {
  readonly kind: 'ipip';
}

// IFLA_IPTUN_* in linux/if_tunnel.h
const data = attrs({
  link: [1, u32],
  local: [2, ipAddress],
  remote: [3, ipAddress],
  ttl: [4, u8],
  tos: [5, u8],
  proto: [9, u8],
  pmtudisc: [10, u8],
  encapType: [15, u16],
  encapFlags: [16, u16],
  encapSport: [17, be16],
  encapDport: [18, be16],
  external: [19, flag],
  fwmark: [20, u32],
});

export type IpipData = Infer<typeof data>;

export const ipip: LinkKind<IpipSpec, IpipData> = {
  kind: 'ipip',
  data,
  fields: { link: 'dev' },
  encode: ({ local, remote, ttl = 0, tos = 0, pmtudisc = true, dev = 0, external }) => {
    if (external) return { proto: 0, external };
    return {
      proto: 0,
      local,
      remote,
      pmtudisc: Number(pmtudisc),
      tos,
      ttl,
      link: dev,
      fwmark: 0,
      encapType: 0,
      encapFlags: 0,
      encapSport: 0,
      encapDport: 0,
    };
  },
  words: (spec) => tunnelWords(spec),
};
