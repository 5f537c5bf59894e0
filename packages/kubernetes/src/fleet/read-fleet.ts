import { TsnctlError } from '@tsnctl/codec';
import { backOffMs } from '../client/back-off.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath } from '../client/paths.ts';
import { tsnInterface } from '../crd/tsn-interface.ts';
import { tsnPolicy } from '../crd/tsn-policy.ts';
import { GROUP } from '../names.ts';
import type { Fleet, JudgedFleet, Metadata, SeenNode, SeenState } from './fleet.ts';

/** Which nodes: all, those that a selector takes in (`zone=line1,tsn`), or one by name. */
export interface FleetSelection {
  readonly selector?: string;
  readonly node?: string;
}

/** Nodes and what their agents say. @throws TsnctlError FORBIDDEN, NOT_INSTALLED, NO_NODE, KubeError */
export async function readFleet(client: KubeClient, selection: FleetSelection = {}): Promise<Fleet> {
  const { selector, node } = selection;
  const [nodes, states] = await Promise.all([
    readList<SeenNode>(client, NODES, {
      labelSelector: selector,
      fieldSelector: node === undefined ? undefined : `metadata.name=${node}`,
    }),
    readList<SeenState>(client, STATES, {
      fieldSelector: node === undefined ? undefined : `metadata.name=${node}`,
    }),
  ]);
  if (nodes.length === 0) throw nothingSelected(selection);
  if (selector === undefined && node === undefined) return { nodes, states };
  const selected = new Set(nodes.map(({ metadata }) => metadata.name));
  return { nodes, states: states.filter(({ metadata }) => selected.has(metadata.name)) };
}

/** The same, and what is wanted of it: policies, interfaces, namespaces. */
export async function readJudgedFleet(
  client: KubeClient,
  selection: FleetSelection = {},
): Promise<JudgedFleet> {
  const [fleet, policies, interfaces, namespaces] = await Promise.all([
    readFleet(client, selection),
    readList(client, POLICIES),
    readList(client, INTERFACES),
    readList<{ metadata: Metadata }>(client, NAMESPACES),
  ]);
  const isWhole = selection.selector === undefined && selection.node === undefined;
  return {
    ...fleet,
    policies: policies.flatMap((it) => tsnPolicy.safeParse(it).data ?? []),
    interfaces: interfaces.flatMap((it) => tsnInterface.safeParse(it).data ?? []),
    namespaces,
    isWhole,
    nowMs: Date.now(),
  };
}

/** A list of the API, and how people call it: `tsnpolicies.tsnctl.dev`. */
export interface Listed {
  readonly path: string;
  readonly resource: string;
}

const custom = (plural: string): Listed => ({ path: customPath(plural), resource: `${plural}.${GROUP}` });

export const NODES: Listed = { path: '/api/v1/nodes', resource: 'nodes' };
export const NAMESPACES: Listed = { path: '/api/v1/namespaces', resource: 'namespaces' };
export const STATES = custom('tsnnodestates');
export const POLICIES = custom('tsnpolicies');
export const INTERFACES = custom('tsninterfaces');

const ATTEMPTS = 3;
/** Nothing was answered, or it asks for another attempt; 410: a page was asked for too late, begin anew. */
const PASSING = new Set([0, 410, 429, 500, 502, 503, 504]);

/** All of a list; what passes is tried again. */
export async function readList<T>(
  client: KubeClient,
  { path, resource }: Listed,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<readonly T[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.list<T>(path, query)).items;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (attempt === ATTEMPTS || !PASSING.has(error.status)) throw explained(client, resource, error);
      await new Promise((resolve) => setTimeout(resolve, backOffMs(attempt - 1)));
    }
  }
}

function explained(client: KubeClient, resource: string, error: KubeError): TsnctlError {
  const { server } = client;
  const said = error.message.slice(error.message.indexOf(': ') + 2);
  const [plural] = resource.split('.');
  const group = resource.slice(`${plural}.`.length);
  switch (error.status) {
    case 0:
      return new TsnctlError('UNREACHABLE', `the API server ${server} does not answer: ${said}`, {
        hint: 'kubectl cluster-info; --context NAME or --kubeconfig FILE for another cluster',
        cause: error,
      });
    case 401:
      return new TsnctlError('UNAUTHORIZED', `${server} does not know who you are: ${said}`, {
        hint: 'log in to the cluster again; kubectl auth whoami tells who you are',
        cause: error,
      });
    case 403:
      return new TsnctlError('FORBIDDEN', `you may not list ${resource}: the verb list is missing. ${said}`, {
        hint: `a ClusterRole with apiGroups ["${group}"], resources ["${plural}"], verbs ["list"], as in docs/fleet.md`,
        cause: error,
      });
    case 404:
      return new TsnctlError(
        'NOT_INSTALLED',
        `${server} has no ${resource}: tsnctl is not installed in this cluster`,
        {
          hint: 'kubectl apply -f deploy.yaml; or --context NAME for another cluster',
          cause: error,
        },
      );
    default:
      return error;
  }
}

function nothingSelected({ selector, node }: FleetSelection): TsnctlError {
  if (node !== undefined && selector !== undefined) {
    return noNode(`no node ${node} has labels ${selector}`, 'kubectl get nodes --show-labels');
  }
  if (node !== undefined) return noNode(`the cluster has no node ${node}`, 'kubectl get nodes');
  if (selector !== undefined)
    return noNode(`no node has labels ${selector}`, 'kubectl get nodes --show-labels');
  return noNode('the cluster has no nodes', 'kubectl get nodes');
}

function noNode(message: string, hint: string): TsnctlError {
  return new TsnctlError('NO_NODE', message, { hint });
}
