import { TC_H_ROOT } from '@tsnctl/netlink';
import type { NodeObservations } from './observations.ts';
import type { Drift } from './schema.ts';

/** Where the qdisc at an interface's root is not the one that `tsnctl tune` put there. Pure. */
export function qdiscDrift({ tuned = [], links, qdiscs }: NodeObservations): Drift[] {
  return tuned.flatMap(({ ifindex, kind, handle }): Drift[] => {
    const name = links.find(({ index }) => index === ifindex)?.name;
    const root = qdiscs.find(({ index, parent }) => index === ifindex && parent === TC_H_ROOT);
    if (name === undefined || (root?.kind === kind && root.handle === handle)) return [];
    const found = root === undefined ? 'nothing' : root.kind === kind ? `another ${kind}` : root.kind;
    return [
      {
        code: 'qdisc',
        interface: name,
        hook: null,
        message: `${name} has ${found} at its root, where tsnctl tune put ${kind}`,
        cause: 'something else has changed the qdisc since then',
        mend: `tsnctl tune with the same schedule; or tsnctl tune --undo --dev ${name}, for what was there before`,
      },
    ];
  });
}
