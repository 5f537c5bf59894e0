import { attrs, bool8, type Infer, i32, struct, u16, u32 } from '@tsnctl/codec';
import { named } from '../named.ts';
import { type Word, words } from '../words.ts';
import { ifInfo, linkAttributes, noIfInfo } from './attributes.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';
import { type PeerSpec, peerAttributes, peerWords } from './peer.ts';

/** enum netkit_mode in linux/if_link.h */
const modes = { l2: 0, l3: 1 } as const;

/** enum netkit_action in linux/if_link.h, by the words of ip(8): what happens to a packet without a BPF program. */
const policies = { forward: 0, blackhole: 2 } as const;

/** enum netkit_scrub in linux/if_link.h: whether mark and priority are cleared on the way to another namespace. */
const scrubs = { none: 0, default: 1 } as const;

/** One end of the pair. */
export interface NetkitEnd {
  readonly policy?: keyof typeof policies;
  readonly scrub?: keyof typeof scrubs;
}

/** A pair of interfaces for BPF programs: what one sends, the other receives. Linux 6.7; scrub is in 6.12. l3 unless told. */
export interface NetkitSpec extends CommonLinkSpec, NetkitEnd {
  readonly kind: 'netkit';
  readonly mode?: keyof typeof modes;
  readonly peer?: PeerSpec & NetkitEnd;
}

// IFLA_NETKIT_* in linux/if_link.h
const data = attrs({
  peer: [1, struct({ ...ifInfo, attrs: attrs(linkAttributes) })],
  primary: [2, bool8],
  policy: [3, named(i32, policies)],
  peerPolicy: [4, named(i32, policies)],
  mode: [5, named(u32, modes)],
  scrub: [6, named(u32, scrubs)],
  peerScrub: [7, named(u32, scrubs)],
  headroom: [8, u16],
  tailroom: [9, u16],
});

export type NetkitData = Infer<typeof data>;

export const netkit: LinkKind<NetkitSpec, NetkitData> = {
  kind: 'netkit',
  data,
  fields: {
    'peer.attrs.ifname': 'peer.name',
    'peer.attrs': 'peer',
    peerPolicy: 'peer.policy',
    peerScrub: 'peer.scrub',
  },
  encode: ({ mode, policy, scrub, peer }) =>
    (mode ?? policy ?? scrub ?? peer) === undefined
      ? undefined
      : {
          mode,
          policy,
          scrub,
          peerPolicy: peer?.policy,
          peerScrub: peer?.scrub,
          peer: peer && { ...noIfInfo, attrs: peerAttributes(peer) },
        },
  words: ({ mode, peer, ...primary }) => [
    ...words({ mode }),
    ...end(primary),
    ...(peer ? ['peer', ...end(peer), ...peerWords(peer)] : []),
  ],
};

function end({ policy, scrub }: NetkitEnd): Word[] {
  return [...(policy ? [policy] : []), ...words({ scrub })];
}
