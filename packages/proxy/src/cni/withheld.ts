import { describePriorities } from '@tsnctl/netlink';
import { formatDuration } from '../policy.ts';
import type { Asked } from './policy-from-request.ts';

/**
 * What a pod asked for and does not get, in words: `priorities 5-6`, `remapping 7=5`, `launch times`. `denied` and
 * `notRemapped` are those of its priorities and remappings, `grantedNs` is the horizon that is granted at most.
 */
export function withheld(
  asked: Asked,
  {
    denied,
    notRemapped,
    grantedNs,
  }: {
    readonly denied: readonly number[];
    readonly notRemapped: readonly { readonly from: number; readonly to: number }[];
    readonly grantedNs: bigint;
  },
): string[] {
  const isShorter = 0n < grantedNs && grantedNs < asked.horizonNs;
  return [
    ...(denied.length > 0 ? [describePriorities(denied)] : []),
    ...notRemapped.map(({ from, to }) => `remapping ${from}=${to}`),
    ...(asked.horizonNs > 0n && grantedNs === 0n ? ['launch times'] : []),
    ...(asked.namesHorizon && isShorter ? [`launch times beyond ${formatDuration(grantedNs)}`] : []),
  ];
}
