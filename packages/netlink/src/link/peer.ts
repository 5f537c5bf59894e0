import { type Word, words } from '../words.ts';
import type { CommonLinkSpec } from './kind.ts';

/** The other end of a pair: made together with the first, perhaps in another namespace. */
export type PeerSpec = Omit<CommonLinkSpec, 'up' | 'link' | 'name'> & { readonly name?: string };

export function peerAttributes({ mtu, address, numTxQueues, numRxQueues, netnsFd, name }: PeerSpec) {
  return { mtu, address, numTxQueues, numRxQueues, netnsFd, ifname: name };
}

/** What follows `peer`. */
export function peerWords({ name, mtu, address, numTxQueues, numRxQueues, netnsFd }: PeerSpec): Word[] {
  const netns = netnsFd === undefined ? undefined : `/proc/self/fd/${netnsFd}`;
  return words({ name, mtu, address, numtxqueues: numTxQueues, numrxqueues: numRxQueues, netns });
}
