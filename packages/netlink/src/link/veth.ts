import { attrs, type Infer, struct } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { ifInfo, linkAttributes, noIfInfo } from './attributes.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** A pair of interfaces: what one sends, the other receives. */
export interface VethSpec extends CommonLinkSpec {
  readonly kind: 'veth';
  readonly peer: Omit<CommonLinkSpec, 'up'>;
}

// VETH_INFO_PEER in linux/veth.h
const data = attrs({ peer: [1, struct({ ...ifInfo, attrs: attrs(linkAttributes) })] });

export const veth: LinkKind<VethSpec, Infer<typeof data>> = {
  kind: 'veth',
  data,
  encode: ({ peer }) => ({
    peer: {
      ...noIfInfo,
      attrs: {
        mtu: peer.mtu,
        address: peer.address,
        numTxQueues: peer.numTxQueues,
        numRxQueues: peer.numRxQueues,
        netnsFd: peer.netnsFd,
        ifname: peer.name,
      },
    },
  }),
  words: ({ peer }) => {
    const { mtu, address, numTxQueues: numtxqueues, numRxQueues: numrxqueues, netnsFd } = peer;
    const netns = netnsFd === undefined ? undefined : `/proc/self/fd/${netnsFd}`;
    return Object.entries(
      compact({ name: peer.name, mtu, address, numtxqueues, numrxqueues, netns }),
    ).flatMap(([word, value], i) => (i === 0 ? ['peer', word, value] : [word, value]));
  },
};
