import type { NodeSnapshot } from '../src/inspect/schema.ts';

/** The snapshot some seconds later, with what `change` did to it. */
export function later(
  snapshot: NodeSnapshot,
  seconds: number,
  change: (snapshot: NodeSnapshot) => void = () => undefined,
): NodeSnapshot {
  const next = structuredClone(snapshot);
  next.observedAt = new Date(Date.parse(snapshot.observedAt) + seconds * 1000).toISOString();
  change(next);
  return next;
}

/** A counter that has moved. */
function plus(value: string | undefined, by: number): string {
  return `${BigInt(value ?? 0) + BigInt(by)}`;
}

/** The case `taprio`, two seconds and some packets later. */
export function busier(snapshot: NodeSnapshot): NodeSnapshot {
  return later(snapshot, 2, ({ pods: [pod], uplinks: [uplink] }) => {
    if (!pod?.counters || !pod.savedByPriority || !uplink?.restoredByPriority) return;
    pod.savedByPriority[3] = plus(pod.savedByPriority[3], 2400);
    pod.savedByPriority[0] = plus(pod.savedByPriority[0], 1);
    pod.counters.saved = plus(pod.counters.saved, 2401);
    pod.counters.denied = plus(pod.counters.denied, 20);
    uplink.restoredByPriority[3] = plus(uplink.restoredByPriority[3], 2400);
    const [first] = uplink.classes;
    if (!first?.stats) return;
    first.stats.packets = plus(first.stats.packets, 2400);
    first.stats.bytes = plus(first.stats.bytes, 240_000);
    first.stats.drops += 4;
  });
}
