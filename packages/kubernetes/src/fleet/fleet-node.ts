import type { TsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import type { Fleet, SeenNode, SeenState } from './fleet.ts';

/** In words that people sort by: the worst first. */
export const HEALTHS = ['no-agent', 'silent', 'not-ready', 'drift', 'no-node', 'ready'] as const;
export type Health = (typeof HEALTHS)[number];

/** A node beside the others. */
export interface FleetNode {
  readonly node: string;
  readonly health: Health;
  /** Why it is not ready; empty where it is. */
  readonly reason: string;
  /** When its agent last said how it is, and how long ago that is. */
  readonly observedAt: string | null;
  readonly ageMs: number | null;
  readonly version: string | null;
  readonly kernel: string | null;
  readonly mode: 'host' | 'pod' | null;
  readonly uplinks: TsnNodeStateStatus['uplinks'];
  readonly interfaces: TsnNodeStateStatus['interfaces'];
  /** All pods of the node; those that have a policy; those that are told of. */
  readonly podCount: number;
  readonly carriedPodCount: number;
  readonly pods: TsnNodeStateStatus['pods'];
  readonly drift: TsnNodeStateStatus['drift'];
}

/** An agent says something at least every 5 minutes: three times nothing is silence. */
export const SILENT_MS = 15 * 60_000;

/** Every node with what its agent says, also where there is none: by name. Pure. */
export function fleetNodes({ nodes, states }: Fleet, nowMs: number): FleetNode[] {
  const byName = new Map(states.map((state) => [state.metadata.name, state]));
  const known = new Set(nodes.map(({ metadata }) => metadata.name));
  const orphans = states.filter(({ metadata }) => !known.has(metadata.name));
  return [
    ...nodes.filter(canHaveAgent).map(({ metadata }) => {
      const state = byName.get(metadata.name);
      return { node: metadata.name, ...healthOf(state, nowMs), ...saidBy(state, nowMs) };
    }),
    ...orphans.map((state) => ({
      node: state.metadata.name,
      health: 'no-node' as const,
      reason: 'the cluster has no such node any more',
      ...saidBy(state, nowMs),
    })),
  ].toSorted((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
}

/** Whether all of them are as they shall be. */
export function isFleetWell(nodes: readonly FleetNode[]): boolean {
  return nodes.every(({ health }) => health === 'ready');
}

/** The same nodes with the pods of one namespace alone. */
export function inNamespace(nodes: readonly FleetNode[], namespace: string): FleetNode[] {
  return nodes.map((node) => {
    const pods = node.pods.filter((pod) => pod.namespace === namespace);
    const carried = pods.filter(({ priorities, horizon }) => priorities !== '' || horizon !== undefined);
    return { ...node, pods, podCount: pods.length, carriedPodCount: carried.length };
  });
}

/** The agent is for Linux; a node that does not say what it runs may have one. */
function canHaveAgent({ metadata: { labels = {} } }: SeenNode): boolean {
  return (labels['kubernetes.io/os'] ?? 'linux') === 'linux';
}

function saidBy(state: SeenState | undefined, nowMs: number) {
  const { status = {} } = state ?? {};
  const seenMs = Date.parse(status.observedAt ?? '');
  return {
    observedAt: status.observedAt ?? null,
    ageMs: Number.isNaN(seenMs) ? null : nowMs - seenMs,
    version: status.version ?? null,
    kernel: status.kernel ?? null,
    mode: status.mode ?? null,
    uplinks: status.uplinks ?? [],
    interfaces: status.interfaces ?? [],
    podCount: status.podCount ?? 0,
    carriedPodCount: status.carriedPodCount ?? 0,
    pods: status.pods ?? [],
    drift: status.drift ?? [],
  };
}

function healthOf(state: SeenState | undefined, nowMs: number): { health: Health; reason: string } {
  if (!state) return { health: 'no-agent', reason: 'it has no TsnNodeState: no agent has run on it' };
  const { status } = state;
  if (status?.observedAt === undefined) {
    return { health: 'no-agent', reason: 'its agent has not said yet how it is' };
  }
  const { ageMs, drift } = saidBy(state, nowMs);
  if (ageMs === null || ageMs > SILENT_MS) {
    return { health: 'silent', reason: 'its agent has said nothing since' };
  }
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  if (drift.length > 0) {
    const more = drift.length > 1 ? `; and ${drift.length - 1} more` : '';
    return { health: 'drift', reason: `${drift[0]?.message}${more}` };
  }
  if (ready?.status !== 'True') {
    return { health: 'not-ready', reason: ready?.message ?? 'its agent does not say that it is ready' };
  }
  return { health: 'ready', reason: '' };
}
