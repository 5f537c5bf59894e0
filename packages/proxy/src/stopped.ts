import { TsnctlError } from '@tsnctl/codec';
import type { Desired, Observed } from './model.ts';

/**
 * Qdiscs that send nothing any more once a clsact qdisc has come to their interface, or gone from it: the kernel
 * resets what is there, and these do not start again by themselves. Seen on 6.1 and 6.12, no more on 7.2.
 */
const STOPPED_BY_CLSACT: ReadonlySet<string> = new Set(['taprio']);

/** The qdisc among these kinds that a clsact qdisc stops as it comes or goes. */
export function stoppedByClsact(kinds: readonly string[]): string | undefined {
  return kinds.find((kind) => STOPPED_BY_CLSACT.has(kind));
}

/** Passes on what is desired, unless a clsact qdisc that it needs would stop an uplink. @throws TsnctlError STOPS_QDISC */
export function requireRunning({ interfaces }: Observed, desired: Desired): Desired {
  for (const { name } of desired.via === 'clsact' ? desired.uplinks : []) {
    const { qdiscs = [] } = interfaces.find((link) => link.name === name) ?? {};
    const kind = stoppedByClsact(qdiscs);
    if (kind === undefined || qdiscs.includes('clsact')) continue;
    throw new TsnctlError(
      'STOPS_QDISC',
      `${name} has ${kind}, which on many kernels sends nothing any more once a clsact qdisc has come to its interface`,
      {
        hint: `tc qdisc add dev ${name} clsact, and the same ${kind} again by tc qdisc replace; or --hook tcx, which needs kernel 6.6`,
      },
    );
  }
  return desired;
}
