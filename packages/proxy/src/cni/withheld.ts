import { describePriorities } from '@tsnctl/netlink';
import { formatDuration } from '../policy.ts';

/**
 * What a pod asked for and does not get, in words: `priorities 5-6`, `remapping 7=5`, `launch times`. `denied` and
 * `notRemapped` are those of its priorities and remappings, `grantedNs` is the horizon that is granted at most.
 */
export function withheld(
  { horizonNs, namesHorizon }: { readonly horizonNs: bigint; readonly namesHorizon: boolean },
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
  const isShorter = 0n < grantedNs && grantedNs < horizonNs;
  return [
    ...(denied.length > 0 ? [describePriorities(denied)] : []),
    ...notRemapped.map(({ from, to }) => `remapping ${from}=${to}`),
    ...(horizonNs > 0n && grantedNs === 0n ? ['launch times'] : []),
    ...(namesHorizon && isShorter ? [`launch times beyond ${formatDuration(grantedNs)}`] : []),
  ];
}
