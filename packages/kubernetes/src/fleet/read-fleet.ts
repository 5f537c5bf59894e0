import type { ApiObject, KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath, objectPath } from '../client/paths.ts';
import type { TsnInterface } from '../crd/tsn-interface.ts';
import type { TsnNodeState, TsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import type { TsnPolicy } from '../crd/tsn-policy.ts';
import { NAME, NAMESPACE } from '../names.ts';

export interface FleetFilter {
  /** Of nodes: `role=line,zone!=b` */
  readonly selector?: string;
  readonly node?: string;
  /** Pods of this namespace alone. */
  readonly namespace?: string;
}

/** A node beside the others, as its agent says. */
export interface FleetNode {
  readonly name: string;
  /** Nothing where no agent has written one. */
  readonly state: TsnNodeStateStatus | null;
}

export interface Fleet {
  readonly server: string;
  readonly nodes: readonly FleetNode[];
  readonly policies: readonly TsnPolicy[];
  readonly interfaces: readonly TsnInterface[];
  /** Agents that are wanted and ready; nothing where there is no DaemonSet of ours. */
  readonly agents: { readonly wanted: number; readonly ready: number } | null;
}

/** What all agents of a cluster say, and what was asked of them. */
export async function readFleet(client: KubeClient, filter: FleetFilter = {}): Promise<Fleet> {
  const { selector, node, namespace } = filter;
  const fieldSelector = node === undefined ? undefined : `metadata.name=${node}`;
  const linux = ['kubernetes.io/os!=windows', selector].filter((it) => it !== undefined).join(',');
  const [nodes, states, policies, interfaces, agents] = await Promise.all([
    client.list<ApiObject>('/api/v1/nodes', { fieldSelector, labelSelector: linux }),
    client.list<TsnNodeState>(customPath('tsnnodestates'), { fieldSelector }),
    client.list<TsnPolicy>(customPath('tsnpolicies')),
    client.list<TsnInterface>(customPath('tsninterfaces')),
    readAgents(client),
  ]);
  const byName = new Map(states.items.map(({ metadata, status }) => [metadata.name, status]));
  return {
    server: client.server,
    nodes: nodes.items
      .map(({ metadata: { name } }) => ({ name, state: narrow(byName.get(name), namespace) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    policies: policies.items,
    interfaces: interfaces.items,
    agents,
  };
}

function narrow(
  state: TsnNodeStateStatus | undefined,
  namespace: string | undefined,
): TsnNodeStateStatus | null {
  if (!state) return null;
  if (namespace === undefined) return state;
  return { ...state, pods: state.pods.filter((pod) => pod.namespace === namespace) };
}

async function readAgents(client: KubeClient): Promise<Fleet['agents']> {
  const metadata = { name: NAME, namespace: NAMESPACE };
  try {
    const path = objectPath({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata });
    const { status } = await client.request<{
      status?: { desiredNumberScheduled?: number; numberReady?: number };
    }>('GET', path);
    return { wanted: status?.desiredNumberScheduled ?? 0, ready: status?.numberReady ?? 0 };
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return null;
    throw error;
  }
}
