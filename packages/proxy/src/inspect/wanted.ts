import { isEmpty } from '../cni/pod-changes.ts';
import type { AttachmentRecord } from '../cni/record.ts';
import { present } from '../intent.ts';
import type { Desired, DesiredPod, Mode, Observed } from '../model.ts';
import type { NodeObservations } from './observations.ts';

/**
 * What shall be there, as far as the node itself remembers it: the tables name pods and uplinks whose programs may
 * have been taken off, the agent's records name pods, but for those for which a policy source decides. Pure.
 */
export function wanted(
  observed: Observed,
  { links, pinned, records, decided }: Pick<NodeObservations, 'links' | 'pinned' | 'records' | 'decided'>,
): Desired {
  const now = present(observed);
  const nameOf = (ifindex: number) => observed.interfaces.find((link) => link.ifindex === ifindex)?.name;
  const pods = new Map(now.pods.map((pod) => [pod.name, pod]));
  for (const { ifindex, policy } of observed.pods) {
    const name = nameOf(ifindex);
    if (name === undefined || pods.has(name) || isEmpty(policy)) continue;
    const inside = pinned.some((link) => link.ifindex === ifindex && link.hook === 'inside');
    pods.set(name, { name, policy, mode: inside ? 'pod' : defaultMode(observed) });
  }
  for (const record of records) {
    const pod = recordedPod(record);
    if (!pod || nameOf(pod.ifindex) !== pod.name || !isThere(links, record)) continue;
    if (decided.some(({ ifindex }) => ifindex === pod.ifindex)) continue;
    if (isEmpty(pod.policy)) pods.delete(pod.name);
    else pods.set(pod.name, { name: pod.name, policy: pod.policy, mode: pod.mode });
  }
  const uplinks = observed.uplinks.flatMap(({ ifindex, clock, stacked }) => {
    const name = nameOf(ifindex);
    return name === undefined ? [] : [{ name, clock, stacked }];
  });
  return { via: now.via, pods: [...pods.values()], uplinks };
}

/** Whether the interface of a record is still the one that was recorded. */
export function isThere(links: NodeObservations['links'], { carried }: AttachmentRecord): boolean {
  if (carried.by !== 'programs') return true;
  const link = links.find(({ index }) => index === carried.ifindex);
  return (
    link !== undefined &&
    link.name === carried.name &&
    link.kind === carried.kind &&
    (link.address ?? '') === carried.address &&
    (link.link ?? 0) === carried.peer
  );
}

function recordedPod({ carried, policy }: AttachmentRecord): (DesiredPod & { ifindex: number }) | undefined {
  return carried.by === 'programs'
    ? { ifindex: carried.ifindex, name: carried.name, policy, mode: carried.mode }
    : undefined;
}

function defaultMode({ abilities }: Observed): Mode {
  return abilities.hostMode ? 'host' : 'pod';
}
