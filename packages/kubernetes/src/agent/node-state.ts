import { formatPriorities } from '@tsnctl/netlink';
import { formatDuration, type NodeSnapshot, type NodeState, type Policy } from '@tsnctl/proxy';
import type { Condition } from '../crd/fields.ts';
import type { TsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import type { Finding } from '../policy/policy-conditions.ts';
import type { NicFacts } from './claims.ts';
import type { InterfaceState } from './cluster-interfaces.ts';
import type { PodDecision } from './cluster-policies.ts';

export interface NodeStateParts {
  readonly state: NodeState;
  readonly snapshot: Pick<NodeSnapshot, 'observedAt' | 'kernel' | 'uplinks' | 'drift'>;
  readonly decisions: readonly PodDecision[];
  readonly podCount: number;
  readonly interfaces: readonly InterfaceState[];
  readonly nics: readonly NicFacts[];
  readonly version: string;
  readonly mode: 'host' | 'pod';
}

// As the schema has them: what is beyond is not told.
const LIMITS = { uplinks: 64, interfaces: 64, pods: 512, drift: 32, withheld: 16, message: 1_024 } as const;

/** What a node says of itself, of bounded size. `former` keeps the times of conditions that stay. Pure. */
export function nodeStateStatus(parts: NodeStateParts, former?: TsnNodeStateStatus): TsnNodeStateStatus {
  const { state, snapshot, decisions, podCount, interfaces, nics, version, mode } = parts;
  const now = snapshot.observedAt;
  const known = new Map(former?.interfaces.map(({ name, conditions }) => [name, conditions]));
  const carried = decisions.filter(({ policy }) => !grantsNothing(policy));
  const uplinks = snapshot.uplinks
    .filter(({ attached }) => attached === true)
    .slice(0, LIMITS.uplinks)
    .map(({ interface: name, clock, qdiscs }) => {
      const { driver, device } = nics.find((nic) => nic.name === name) ?? {};
      return {
        name,
        ...(driver !== undefined && { driver }),
        clock: clock ?? 'none',
        qdisc: qdiscs.find(({ parent }) => parent === 'root')?.kind ?? qdiscs[0]?.kind ?? 'noqueue',
        ...(device !== undefined && { device }),
      };
    });
  return {
    observedAt: now,
    version,
    kernel: snapshot.kernel,
    mode,
    uplinks,
    uplinkNames: uplinks.map(({ name }) => name).join(','),
    interfaces: interfaces.slice(0, LIMITS.interfaces).map(({ name, interface: nic, findings }) => ({
      name,
      ...(nic !== undefined && { interface: nic }),
      conditions: timed(findings, known.get(name) ?? [], now),
    })),
    podCount,
    carriedPodCount: carried.length,
    pods: decisions.slice(0, LIMITS.pods).map(podOf),
    drift: snapshot.drift.slice(0, LIMITS.drift).map(({ code, interface: nic, message, cause }) => ({
      code,
      ...(nic !== null && { interface: nic }),
      message: message.slice(0, LIMITS.message),
      cause: cause.slice(0, LIMITS.message),
    })),
    conditions: timed([ready(state, snapshot)], former?.conditions ?? [], now),
  };
}

/** Findings with the time since when they hold. */
export function timed(
  findings: readonly Finding[],
  former: readonly Condition[],
  now: string,
  observedGeneration?: number,
): Condition[] {
  return findings.map((finding) => {
    const before = former.find(({ type }) => type === finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : now;
    return {
      ...finding,
      lastTransitionTime,
      ...(observedGeneration !== undefined && { observedGeneration }),
    };
  });
}

/** What is new: pods that have a policy or want one, something else, or nothing that is worth a write of its own. */
export type News = 'all' | 'pods' | 'none';

/** How many pods there are that ask for nothing is no news: these come and go all day. Nor is when it was looked. */
export function newsOf(status: TsnNodeStateStatus, former: TsnNodeStateStatus | undefined): News {
  if (former === undefined || without(OF_PODS, status) !== without(OF_PODS, former)) return 'all';
  return without(NO_NEWS, status) === without(NO_NEWS, former) ? 'none' : 'pods';
}

const NO_NEWS = ['observedAt', 'lastTransitionTime', 'podCount'];
const OF_PODS = [...NO_NEWS, 'pods', 'carriedPodCount'];

function without(keys: readonly string[], value: unknown): string {
  return JSON.stringify(value, (key, it) => (keys.includes(key) ? undefined : it));
}

function ready({ ready: isReady, reason }: NodeState, { drift }: NodeStateParts['snapshot']): Finding {
  if (!isReady)
    return { type: 'Ready', status: 'False', reason: 'NotReady', message: reason ?? 'not said why' };
  if (drift.length === 0)
    return { type: 'Ready', status: 'True', reason: 'AsWanted', message: 'all is as wanted' };
  const message = `${drift[0]?.message}${drift.length > 1 ? `; and ${drift.length - 1} more` : ''}`;
  return { type: 'Ready', status: 'False', reason: 'Drift', message };
}

function podOf({
  namespace,
  name,
  uid,
  policy,
  by,
  withheld,
}: PodDecision): TsnNodeStateStatus['pods'][number] {
  const remapped = Object.entries(policy.remap).map(([from, to]) => `${from}=${to}`);
  const priorities = [policy.allow.length > 0 ? formatPriorities(policy.allow) : '', ...remapped];
  return {
    namespace,
    name,
    uid,
    priorities: priorities.filter((text) => text !== '').join(','),
    ...(policy.horizonNs > 0n && { horizon: formatDuration(policy.horizonNs) }),
    policies: by.slice(0, LIMITS.withheld),
    ...(withheld.length > 0 && {
      withheld: withheld.slice(0, LIMITS.withheld).map((text) => text.slice(0, 256)),
    }),
  };
}

function grantsNothing({ allow, remap, horizonNs }: Policy): boolean {
  return allow.length === 0 && Object.keys(remap).length === 0 && horizonNs === 0n;
}
