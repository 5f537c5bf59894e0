import { attrs, type Infer, u16 } from '@tsnctl/codec';
import { named } from '../named.ts';
import { words } from '../words.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** IPVLAN_MODE_* in linux/if_link.h */
const modes = { l2: 0, l3: 1, l3s: 2 } as const;

/** IPVLAN_F_* in linux/if_link.h: who of one device can talk to whom. */
const flags = { bridge: 0, private: 1, vepa: 2 } as const;

/** An interface with the MAC address of the device `link`, and IP addresses of its own. l3 and bridge unless told. */
export interface IpvlanSpec extends CommonLinkSpec {
  readonly kind: 'ipvlan';
  readonly link: number;
  readonly mode?: keyof typeof modes;
  readonly isolation?: keyof typeof flags;
}

// IFLA_IPVLAN_* in linux/if_link.h
const data = attrs({ mode: [1, named(u16, modes)], isolation: [2, named(u16, flags)] });

export type IpvlanData = Infer<typeof data>;

export const ipvlan: LinkKind<IpvlanSpec, IpvlanData> = {
  kind: 'ipvlan',
  data,
  encode: ({ mode, isolation }) =>
    mode === undefined && isolation === undefined ? undefined : { mode, isolation },
  words: ({ mode, isolation }) => [...words({ mode }), ...(isolation ? [isolation] : [])],
};
