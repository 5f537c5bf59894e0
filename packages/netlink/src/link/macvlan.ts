import { attrs, type Infer, u16, u32 } from '@tsnctl/codec';
import { named } from '../named.ts';
import { word, words } from '../words.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** MACVLAN_MODE_* in linux/if_link.h */
const modes = { private: 1, vepa: 2, bridge: 4, passthru: 8, source: 16 } as const;

/** An interface with a MAC address of its own on the device `link`. The mode is vepa unless told. */
export interface MacvlanSpec extends CommonLinkSpec {
  readonly kind: 'macvlan';
  readonly link: number;
  readonly mode?: keyof typeof modes;
  /** With passthru: the device below is not made promiscuous. */
  readonly nopromisc?: boolean;
}

// IFLA_MACVLAN_* in linux/if_link.h
const data = attrs({
  mode: [1, named(u32, modes)],
  flags: [2, u16],
  macaddrCount: [6, u32],
  bcQueueLen: [7, u32],
  bcQueueLenUsed: [8, u32],
});

export type MacvlanData = Infer<typeof data>;

export const macvlan: LinkKind<MacvlanSpec, MacvlanData> = {
  kind: 'macvlan',
  data,
  fields: { flags: 'nopromisc' },
  encode: ({ mode, nopromisc }) =>
    mode === undefined ? undefined : { mode, flags: nopromisc ? MACVLAN_FLAG_NOPROMISC : undefined },
  words: ({ mode, nopromisc }) => [...words({ mode }), ...word('nopromisc', nopromisc)],
};

const MACVLAN_FLAG_NOPROMISC = 1; // linux/if_link.h
