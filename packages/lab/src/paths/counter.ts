import type { Host } from '../host.ts';

/** What a named counter of the lab's nftables rules has counted. */
export function packetsOf(host: Host, counter: string): number {
  const shown = host.run(['nft', 'list', 'counter', 'inet', 'lab', counter]);
  return Number(/packets (\d+)/.exec(shown)?.[1] ?? 0);
}
