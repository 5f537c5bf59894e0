import { clusterRole, type Manifest, manifests } from '@tsnctl/kubernetes';
import { ApiServer, type Rights } from '@tsnctl/testkit/api-server';

export const NODE = 'node-1';
/** The agent's: it may do what its ClusterRole says, and nothing else. */
export const AGENT_TOKEN = 'agent-token';

/** A cluster with our kinds, the node, and the namespaces `plant` and `office`. */
export async function startCluster(): Promise<ApiServer> {
  const kinds = manifests({ image: 'x', version: '1' }).filter(
    ({ kind }) => kind === 'CustomResourceDefinition',
  );
  const server = await ApiServer.start({
    objects: [...kinds, node(NODE), node('node-2'), namespace('plant', { line: '1' }), namespace('office')],
  });
  server.tokens.set(AGENT_TOKEN, clusterRole() as Manifest & Rights);
  return server;
}

export function node(name: string, labels: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}

export function namespace(name: string, labels: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export interface PodOptions {
  readonly namespace?: string;
  readonly node?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

export function pod(name: string, options: PodOptions = {}): object {
  const { namespace = 'plant', node = NODE, labels = {}, annotations = {} } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations },
    spec: { nodeName: node, containers: [{ name: 'app', image: 'app' }] },
  };
}

export function policy(name: string, spec: object = {}): object {
  return {
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnPolicy',
    metadata: { name },
    spec: { namespaceSelector: {}, priorities: [3], ...spec },
  };
}

export function nic(name: string, spec: object = {}): object {
  return {
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnInterface',
    metadata: { name },
    spec: { nodeSelector: {}, match: { name: 'eth1' }, ...spec },
  };
}
