import type { TcStats } from '../tc-stats.ts';
import { qdiscKinds } from './kinds.ts';
import type { Qdisc } from './requests.ts';

/**
 * What each TX queue has counted: the statistics of the qdiscs below an mq, mqprio or taprio, by queue, counted
 * from 0. `qdiscs` are the answers to listQdiscs(). Of a taprio in software this is right on every kernel, where
 * listClasses() is not: in Linux 6.1 each of its classes tells the sum of all.
 */
export function txQueueStats(
  qdiscs: readonly Qdisc[],
  root: Pick<Qdisc, 'index' | 'handle' | 'kind'>,
): ReadonlyMap<number, TcStats> {
  const { txQueueOf } = qdiscKinds.get(root.kind) ?? {};
  const children = qdiscs.filter(
    ({ index, parent }) => index === root.index && parent >>> 16 === root.handle >>> 16,
  );
  return new Map(
    children.flatMap(({ parent, stats }): [number, TcStats][] => {
      const queue = txQueueOf?.(parent & 0xffff);
      return queue === undefined || stats === undefined ? [] : [[queue, stats]];
    }),
  );
}
