import {
  ANNOTATION_PREFIX,
  type Asked,
  askedByAnnotations,
  type Log,
  type PodInterface,
  type PodPolicy,
  type PolicySource,
} from '@tsnctl/proxy';
import { type Followed, follow } from '../client/follow.ts';
import type { ApiObject, KubeClient } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';
import { readPolicy } from '../crd/tsn-policy.ts';
import { askedAndGranted, type PodGrant } from '../policy/asked-and-granted.ts';
import { grantFor } from '../policy/grant-for.ts';
import type { PodEvents } from './pod-events.ts';

export interface ClusterPoliciesOptions {
  readonly client: KubeClient;
  /** This node's name in the cluster. */
  readonly node: string;
  readonly log: Log;
  readonly events: PodEvents;
  /** Policies may be other ones than before, whether or not that concerns a pod of this node. */
  readonly onPolicies?: () => void;
}

/** What a pod asks for, and what it gets. */
export interface PodDecision extends PodGrant {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The TsnPolicies that make it up. */
  readonly by: readonly string[];
  /** What is wrong with its annotations; then it gets nothing. */
  readonly wrong?: string;
}

/** A pod as far as we go by it. */
interface SlimPod extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly uid: string; readonly namespace: string };
}

/** The uid of a static pod's cgroup, in an annotation of its mirror in the API. */
const CONFIG_HASH = 'kubernetes.io/config.hash';
const NOTHING = { allow: [], remap: {}, horizonNs: 0n };

/**
 * TsnPolicies grant, annotations ask: what that comes to for the pods of this node. Follows this node's pods alone,
 * and the cluster's policies and namespaces; answers from memory, also while the API server is away.
 */
export class ClusterPolicies implements PolicySource, Disposable {
  readonly needsIdentity = true;
  readonly #options: ClusterPoliciesOptions;
  readonly #listeners = new Set<() => void>();
  readonly #pods: Followed<SlimPod>;
  readonly #namespaces: Followed<ApiObject>;
  readonly #policies: Followed<ApiObject>;
  #decisions: ReadonlyMap<string, PodDecision> | undefined;
  #said = '';

  constructor(options: ClusterPoliciesOptions) {
    this.#options = options;
    const { client, node, log } = options;
    const onTrouble = (message: string) => log(message, { level: 'warn' });
    const onChange = () => this.#changed();
    const all = { client, onChange, onTrouble };
    this.#pods = follow({
      ...all,
      path: '/api/v1/pods',
      fieldSelector: `spec.nodeName=${node}`,
      slim: slimPod,
    });
    this.#namespaces = follow({ ...all, path: '/api/v1/namespaces', slim: slimLabels });
    this.#policies = follow({
      ...all,
      path: customPath('tsnpolicies'),
      slim: (object) => object,
      onChange: () => {
        onChange();
        options.onPolicies?.();
      },
    });
  }

  get isSynced(): boolean {
    return this.#pods.isSynced && this.#namespaces.isSynced && this.#policies.isSynced;
  }

  get podCount(): number {
    return this.#pods.list().length;
  }

  /** All TsnPolicies, also those that are not as they have to be. */
  get objects(): readonly ApiObject[] {
    return this.#policies.list();
  }

  /** Of pods that ask, by uid. */
  get decisions(): ReadonlyMap<string, PodDecision> {
    this.#decisions ??= this.#decide();
    return this.#decisions;
  }

  policyFor({ pod }: PodInterface): PodPolicy | undefined {
    if (!pod || !this.isSynced) return undefined;
    const { decisions } = this;
    const isNamed = ({ namespace, name }: PodDecision) => namespace === pod.namespace && name === pod.name;
    // A pod that is made anew under the same name is another one: by its name goes only whose uid nobody knows.
    const found = pod.uid ? decisions.get(pod.uid) : [...decisions.values()].find(isNamed);
    if (!found) return undefined;
    const { policy, by, withheld, wrong } = found;
    const who = by.length > 0 ? `TsnPolicy ${by.join(', ')}` : 'no TsnPolicy';
    return { policy, by: wrong === undefined ? who : wrong, withheld };
  }

  subscribe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    for (const followed of [this.#pods, this.#namespaces, this.#policies]) followed[Symbol.dispose]();
    this.#listeners.clear();
  }

  #changed(): void {
    this.#decisions = undefined;
    if (!this.isSynced) return;
    const text = JSON.stringify([...this.decisions], (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    if (text === this.#said) return; // a pod that got ready, say
    this.#said = text;
    for (const decision of this.decisions.values()) this.#tell(decision);
    for (const listener of this.#listeners) listener();
  }

  #decide(): Map<string, PodDecision> {
    const policies = this.objects.flatMap((object) => readPolicy(object).data ?? []);
    const namespaces = new Map(
      this.#namespaces.list().map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
    );
    const decided = this.#pods.list().flatMap(({ metadata }): [string, PodDecision][] => {
      const { uid, namespace, name, labels = {}, annotations = {} } = metadata;
      const asked = askedBy(annotations);
      if (asked === undefined) return [];
      const key = annotations[CONFIG_HASH] ?? uid;
      const pod = { namespace, name, uid };
      if ('wrong' in asked)
        return [[key, { ...pod, policy: NOTHING, withheld: [asked.wrong], by: [], ...asked }]];
      const grant = grantFor({ labels, namespaceLabels: namespaces.get(namespace) ?? {} }, policies);
      return [[key, { ...pod, ...askedAndGranted(asked, grant.policy), by: grant.by }]];
    });
    // Anybody may write a hash into an annotation, and nobody another pod's uid: that goes last, and holds.
    const isByUid = ([key, { uid }]: [string, PodDecision]) => Number(key === uid);
    return new Map(decided.toSorted((a, b) => isByUid(a) - isByUid(b)));
  }

  /** On the pod, for whoever wonders why it does not get what it asks for. */
  #tell({ namespace, name, uid, withheld, by, wrong }: PodDecision): void {
    const { events } = this.#options;
    const pod = { namespace, name, uid };
    if (withheld.length === 0) {
      events.settled(uid);
    } else if (wrong !== undefined) {
      events.say(pod, 'BadAnnotation', `${wrong}. It sends priority 0 until that is mended`);
    } else if (by.length === 0) {
      const what = withheld.join(', ');
      events.say(pod, 'NotGranted', `it asks for ${what}, and no TsnPolicy selects it: it sends priority 0`);
    } else {
      events.say(pod, 'PartlyGranted', `TsnPolicy ${by.join(', ')} does not grant ${withheld.join(', ')}`);
    }
  }
}

function askedBy(annotations: Readonly<Record<string, string>>): Asked | { wrong: string } | undefined {
  try {
    return askedByAnnotations(annotations);
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}

function slimPod({ metadata }: ApiObject): SlimPod {
  const { name, namespace = '', uid = '', resourceVersion, labels, annotations = {} } = metadata;
  const ours = Object.entries(annotations).filter(
    ([key]) => key.startsWith(ANNOTATION_PREFIX) || key === CONFIG_HASH,
  );
  return {
    metadata: {
      name,
      namespace,
      uid,
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(labels && { labels }),
      ...(ours.length > 0 && { annotations: Object.fromEntries(ours) }),
    },
  };
}

function slimLabels({ metadata: { name, uid, resourceVersion, labels } }: ApiObject): ApiObject {
  return {
    metadata: {
      name,
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(labels && { labels }),
    },
  };
}
