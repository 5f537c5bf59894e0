import type { Desired, Observed, Step } from './model.ts';
import { planProxy } from './plan.ts';

/**
 * What a change has left to do. Pods come and go while it is carried out: an interface that has come meanwhile is
 * the next change's concern, one that has gone is nobody's. Pure.
 */
export function remaining(before: Observed, after: Observed, desired: Desired): Step[] {
  const known = new Set(before.interfaces.map(({ ifindex }) => ifindex));
  const interfaces = after.interfaces.filter(({ ifindex }) => known.has(ifindex));
  const still = new Set(interfaces.map(({ ifindex }) => ifindex));
  const gone = new Set(
    before.interfaces.filter(({ ifindex }) => !still.has(ifindex)).map(({ name }) => name),
  );
  const concerned = ({ ifindex }: { ifindex: number }) => still.has(ifindex) || !known.has(ifindex);
  return planProxy(
    {
      ...after,
      interfaces,
      attachments: after.attachments.filter(concerned),
      pods: after.pods.filter(concerned),
      uplinks: after.uplinks.filter(concerned),
      stale: after.stale.filter((path) => before.stale.includes(path)),
    },
    {
      ...desired,
      pods: desired.pods.filter(({ name }) => !gone.has(name)),
      uplinks: desired.uplinks.filter(({ name }) => !gone.has(name)),
    },
  );
}
