import type { Link } from '@tsnctl/netlink';
import { carryFor, guard, isEmpty, stopCarrying } from '../cni/pod-changes.ts';
import { type AttachmentRecord, describePod } from '../cni/record.ts';
import type { Records } from '../cni/records.ts';
import type { Change } from '../intent.ts';
import type { Mode } from '../model.ts';
import { describePolicy } from '../policy.ts';
import { effectiveRecord } from './effective-policy.ts';
import type { Log } from './log.ts';
import type { NodeChanges } from './node-changes.ts';
import type { Owned, OwnedPod } from './owned.ts';
import type { PodTable } from './pod-table.ts';
import type { CarriedPod, PodInterface, PodPolicy, PolicySource } from './policy-source.ts';

export interface FollowerOptions {
  readonly pods: PodTable;
  readonly source: PolicySource;
  readonly records: Pick<Records, 'list'>;
  readonly changes: Pick<NodeChanges, 'attempt' | 'mustWait' | 'prepare' | 'uplinks'>;
  /** Where the priority of a pod is read that gets its policy now. */
  readonly mode: () => Mode;
  readonly log: Log;
  /** How long it took from hearing of a pod's interface until it was attached. */
  readonly onAttached?: (seconds: number) => void;
}

/** A pod's namespace has a process a moment after its interface is there: asked for again at these times. */
const RETRIES_MS = [20, 40, 80, 160, 320, 640, 1_000, 2_000, 5_000];

/**
 * Follows pods as their interfaces come: each is stripped at once, and gets its policy as soon as it is known whose
 * it is. What was attached by hand is left alone.
 */
export class Follower implements Disposable {
  readonly #options: FollowerOptions;
  /** Host sides that have a policy of the policy source, by index. */
  readonly #carried = new Map<number, CarriedPod>();
  #decided: readonly OwnedPod[] = [];
  #retry: NodeJS.Timeout | undefined;
  #tries = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Pods that have a policy: by their record or by the policy source. */
  carried(): CarriedPod[] {
    const recorded = this.#options.records.list().flatMap((record): CarriedPod[] => {
      const { carried, policy, pod, containerId } = this.effective(record);
      if (carried.by !== 'programs' || isEmpty(policy)) return [];
      const { ifindex, name } = carried;
      return [{ ifindex, name, pod, containers: [containerId], policy, by: 'the CNI plugin' }];
    });
    const known = new Set(recorded.map(({ ifindex }) => ifindex));
    const followed = [...this.#carried.values()];
    return [
      ...recorded,
      ...followed.filter(({ ifindex, policy }) => !known.has(ifindex) && !isEmpty(policy)),
    ];
  }

  /** What was carried for, and decided, by a policy source before this process was there. */
  adopt({ pods, decided }: Pick<Owned, 'pods' | 'decided'>): void {
    this.#decided = decided;
    for (const { ifindex, name } of pods) {
      this.#carried.set(ifindex, { ifindex, name, policy: NOTHING, by: 'a former agent' });
    }
  }

  /** Recorded pods that have another policy than their record says. */
  decided(): readonly OwnedPod[] {
    const { source, records } = this.#options;
    if (source.isSynced === false) return this.#decided; // they keep what they have
    this.#decided = records.list().flatMap((record) => {
      const { carried } = record;
      if (carried.by !== 'programs' || this.effective(record) === record) return [];
      return [{ ifindex: carried.ifindex, name: carried.name }];
    });
    return this.#decided;
  }

  owned(): OwnedPod[] {
    return [...this.#carried.values()].map(({ ifindex, name }) => ({ ifindex, name }));
  }

  /** A record with the policy that it comes to. */
  effective(record: AttachmentRecord): AttachmentRecord {
    return effectiveRecord(record, this.#options.source.policyFor(recorded(record)));
  }

  /** Links that have come or changed: strip the new ones now. */
  async seen(links: readonly Link[]): Promise<void> {
    const { pods, changes, mode, onAttached } = this.#options;
    const start = performance.now();
    const others = links.filter(({ name }) => !changes.uplinks.includes(name));
    const fresh = others.filter((link) => pods.see(link)).map(({ index }) => index);
    if (fresh.length === 0 || changes.uplinks.length === 0) return;
    const come = fresh
      .flatMap((ifindex) => pods.get(ifindex) ?? [])
      .filter(({ name }) => !changes.mustWait(name));
    const policies = this.#policiesOfNew(come);
    await Promise.all(
      come.map(async (pod) => {
        const done = await this.#settle(pod, policies.get(pod.ifindex), guard);
        if (done) onAttached?.((performance.now() - start) / 1_000);
      }),
    );
    this.#tries = 0;
    this.#retryLater();
    if (mode() === 'pod') for (const ifindex of fresh) await changes.prepare(ifindex);
  }

  /** By interface. What the plugin has recorded holds, with its policy: the event may come after the ADD. */
  #policiesOfNew(come: readonly PodInterface[]): Map<number, PodPolicy> {
    const { source, records } = this.#options;
    const found = new Map<number, PodPolicy>();
    for (const pod of come) {
      const policy = source.policyFor(pod);
      if (policy) found.set(pod.ifindex, policy);
    }
    if (found.size > 0) for (const ifindex of indicesOf(records.list())) found.delete(ifindex); // a file each: once
    return found;
  }

  gone(ifindex: number): void {
    this.#options.pods.forget(ifindex);
    this.#carried.delete(ifindex);
  }

  /** All pods of the node; `links` are all its links but for uplinks: the NIC of a nested node is none of its pods. */
  async look(links: readonly Link[]): Promise<void> {
    const { pods, records, source, changes } = this.#options;
    pods.sync(links);
    for (const ifindex of this.#carried.keys()) if (!pods.get(ifindex)) this.#carried.delete(ifindex);
    if (source.needsIdentity) pods.identify(pods.all().map(({ ifindex }) => ifindex));
    const all = records.list();
    const known = indicesOf(all);
    await Promise.all([
      ...all.map((record) => this.#recorded(record)),
      ...pods
        .all()
        .flatMap((pod) => (known.has(pod.ifindex) || changes.mustWait(pod.name) ? [] : [this.#decide(pod)])),
    ]);
    this.#tries = 0;
    this.#retryLater();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#retry);
  }

  async #recorded(record: AttachmentRecord): Promise<void> {
    if (this.#options.source.isSynced === false) return;
    const { carried, policy, netns } = this.effective(record);
    if (carried.by !== 'programs') return;
    const change = carryFor(carried, policy, { mode: carried.mode, netns });
    await this.#options.changes.attempt(describePod(record), change);
  }

  /** What the policy source says of a pod that has no record. */
  async #decide(pod: PodInterface): Promise<void> {
    const { source } = this.#options;
    if (source.isSynced === false) return;
    const found = source.policyFor(pod);
    const isKnown = pod.identified || !source.needsIdentity;
    if (found || (this.#carried.has(pod.ifindex) && isKnown)) {
      await this.#settle(pod, found, stopCarrying);
    }
  }

  async #settle(
    pod: PodInterface,
    found: PodPolicy | undefined,
    otherwise: (host: PodInterface) => Change,
  ): Promise<boolean> {
    const { changes, mode, log } = this.#options;
    const [named] = pod.netns ?? [];
    const netns = named === undefined ? undefined : `/run/netns/${named}`;
    const change = found ? carryFor(pod, found.policy, { mode: mode(), netns }) : otherwise(pod);
    const done = await changes.attempt(describe(pod), change);
    if (!done) return false;
    const former = this.#carried.get(pod.ifindex);
    if (!found) {
      if (this.#carried.delete(pod.ifindex)) log(`${describe(pod)}: no policy any more`);
      return true;
    }
    const { identified: _, ...rest } = pod;
    this.#carried.set(pod.ifindex, { ...rest, ...found });
    const said = ({ policy, by }: PodPolicy) => `${describePolicy(policy)}, by ${by}`;
    if (!former || said(former) !== said(found)) {
      log(`${describe(pod)}: ${said(found)}`, { interface: pod.name, ...pod.pod });
    }
    return true;
  }

  /** As long as it is not known whose some are, and a policy goes by that. */
  #retryLater(): void {
    const { pods, source, log } = this.#options;
    clearTimeout(this.#retry);
    const waitMs = RETRIES_MS[this.#tries];
    if (waitMs === undefined || !source.needsIdentity || pods.unidentified().length === 0) return;
    this.#retry = setTimeout(() => {
      this.#identify().catch((error) => log(`looking for pods failed: ${error}`, { level: 'error' }));
    }, waitMs);
  }

  async #identify(): Promise<void> {
    const { pods, records } = this.#options;
    this.#tries++;
    const better = pods.identify(pods.unidentified());
    if (better.length > 0) {
      const known = indicesOf(records.list());
      const concerned = better.filter((ifindex) => !known.has(ifindex));
      await Promise.all(
        concerned.flatMap((ifindex) => pods.get(ifindex) ?? []).map((pod) => this.#decide(pod)),
      );
    }
    this.#retryLater();
  }
}

const NOTHING = { allow: [], remap: {}, horizonNs: 0n };

function indicesOf(records: readonly AttachmentRecord[]): Set<number> {
  return new Set(records.flatMap(({ carried }) => (carried.by === 'programs' ? [carried.ifindex] : [])));
}

/** A pod as the runtime named it to the CNI plugin. */
function recorded({ carried, pod, containerId, netns }: AttachmentRecord): PodInterface {
  const { namespace, name, uid } = pod;
  const isNamed = netns.startsWith('/run/netns/') || netns.startsWith('/var/run/netns/');
  return {
    ifindex: carried.by === 'programs' ? carried.ifindex : 0,
    name: carried.by === 'programs' ? carried.name : '',
    netns: isNamed ? [netns.slice(netns.lastIndexOf('/') + 1)] : [],
    containers: [containerId],
    ...(uid !== '' || name !== '' ? { pod: { namespace, name, uid } } : {}),
    identified: true,
  };
}

/** `plant/camera-1 veth4` */
function describe({ pod, netns, containers, name }: PodInterface): string {
  const whose = pod?.name
    ? `${pod.namespace}/${pod.name}`
    : (pod?.uid ?? containers?.[0]?.slice(0, 12) ?? netns?.[0]);
  return whose === undefined ? name : `${whose} ${name}`;
}
