import { attrs, type Infer, struct } from '@tsnctl/codec';
import { ifInfo, linkAttributes, noIfInfo } from './attributes.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';
import { type PeerSpec, peerAttributes, peerWords } from './peer.ts';

/** A pair of interfaces: what one sends, the other receives. */
export interface VethSpec extends CommonLinkSpec {
  readonly kind: 'veth';
  readonly peer: PeerSpec & { readonly name: string };
}

// VETH_INFO_PEER in linux/veth.h
const data = attrs({ peer: [1, struct({ ...ifInfo, attrs: attrs(linkAttributes) })] });

export const veth: LinkKind<VethSpec, Infer<typeof data>> = {
  kind: 'veth',
  data,
  fields: { 'peer.attrs.ifname': 'peer.name', 'peer.attrs': 'peer' },
  encode: ({ peer }) => ({ peer: { ...noIfInfo, attrs: peerAttributes(peer) } }),
  words: ({ peer }) => ['peer', ...peerWords(peer)],
};
