import { isEmpty } from '../cni/pod-changes.ts';
import type { AttachmentRecord } from '../cni/record.ts';
import { hookOf, type Interface, type Mode, type Observed, podRole } from '../model.ts';
import type { Policy } from '../policy.ts';
import { countersOf } from './counters-of.ts';
import type { NodeObservations } from './observations.ts';
import type { PodSnapshot, PolicySnapshot } from './schema.ts';
import { isThere } from './wanted.ts';

/** Each pod's interface on this node, and each recorded pod that has none. */
export function podSnapshots(node: NodeObservations, interfaces: readonly Interface[]): PodSnapshot[] {
  const present = node.records.filter((record) => isThere(node.links, record));
  const recordOf = ({ ifindex }: Interface) =>
    present.find(({ carried }) => carried.by === 'programs' && carried.ifindex === ifindex);
  const there = interfaces
    .filter(({ ifindex, podSide }) => podSide && !isUplink(ifindex, node))
    .map((link) => podSnapshot(link, recordOf(link), node));
  const others = node.records
    .filter((record) => record.carried.by !== 'programs' || !present.includes(record))
    .map(withoutInterface);
  return [...there, ...others];
}

function isUplink(ifindex: number, { observed }: NodeObservations): boolean {
  return (
    observed?.attachments.some((found) => found.ifindex === ifindex && found.role === 'restorer') ?? false
  );
}

function podSnapshot(
  link: Interface,
  record: AttachmentRecord | undefined,
  node: NodeObservations,
): PodSnapshot {
  const { counters, byPriority } = countersOf(node, 'pod', link.ifindex);
  const row = node.observed?.pods.find((pod) => pod.ifindex === link.ifindex);
  const mode = node.observed && modeOf(link.ifindex, node.observed);
  return {
    ...identity(record),
    interface: link.name,
    ifindex: link.ifindex,
    kind: link.kind ?? null,
    carriedBy: 'programs',
    state: stateOf(link.ifindex, mode, node.observed),
    mode: mode ?? null,
    policy: row && mode ? policySnapshot(row.policy) : null,
    wantedPolicy: record ? policySnapshot(record.policy) : null,
    counters,
    savedByPriority: byPriority,
  };
}

function withoutInterface(record: AttachmentRecord): PodSnapshot {
  const { carried, policy } = record;
  return {
    ...identity(record),
    interface: carried.by === 'programs' ? carried.name : null,
    ifindex: null,
    kind: carried.kind,
    carriedBy: carried.by,
    state: carried.by === 'programs' ? 'gone' : carried.by === 'itself' ? 'native' : 'unsupported',
    mode: null,
    policy: null,
    wantedPolicy: isEmpty(policy) ? null : policySnapshot(policy),
    counters: null,
    savedByPriority: null,
  };
}

function identity(record: AttachmentRecord | undefined) {
  return {
    pod: record?.pod.name ? `${record.pod.namespace}/${record.pod.name}` : null,
    containerId: record?.containerId ?? null,
    network: record?.network ?? null,
    podInterface: record?.ifname ?? null,
    withheld: [...(record?.withheld ?? [])],
  };
}

/** Where the pod's priority is read, if anything carries for it. */
function modeOf(ifindex: number, { attachments }: Observed): Mode | undefined {
  return (Object.keys(podRole) as Mode[]).find((mode) =>
    attachments.some((found) => found.ifindex === ifindex && found.role === podRole[mode]),
  );
}

function stateOf(
  ifindex: number,
  mode: Mode | undefined,
  observed: Observed | undefined,
): PodSnapshot['state'] {
  if (!observed) return 'unseen';
  if (mode) return 'carried';
  const guarded = observed.attachments.some(
    (found) => found.ifindex === ifindex && hookOf[found.role] === 'ingress',
  );
  if (guarded) return 'stripped';
  return observed.attachments.some(({ role }) => role === 'restorer') ? 'unguarded' : 'untouched';
}

function policySnapshot({ allow, remap, horizonNs }: Policy): PolicySnapshot {
  return { allow: [...allow], remap: { ...remap }, horizonNs: `${horizonNs}` };
}

/** How a pod is called: as the runtime does, or by its interface. */
export function podName({ pod, containerId, interface: name }: PodSnapshot): string {
  return pod ?? containerId?.slice(0, 12) ?? name ?? '';
}
