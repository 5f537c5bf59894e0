import { ClusterPolicies, clusterRole, KubeClient, manifests, PodEvents } from '@tsnctl/kubernetes';
import { ApiServer, type Rights } from '@tsnctl/testkit/api-server';

const TOKEN = 'agent-token';
/** Of a pod as a real API server has it: managed fields, statuses, volumes. */
const POD_BYTES = 6_000;

/** A server with nodes and their pods, and the agents' view of each of the nodes that are looked at. */
export class BenchCluster implements AsyncDisposable {
  readonly server: ApiServer;
  readonly agents: ClusterPolicies[] = [];
  readonly #stack = new DisposableStack();

  private constructor(server: ApiServer) {
    this.server = server;
  }

  static async create({ nodes, pods }: { nodes: number; pods: number }): Promise<BenchCluster> {
    const kinds = manifests({ image: 'x', version: '1' }).filter(
      ({ kind }) => kind === 'CustomResourceDefinition',
    );
    const plant = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'plant' } };
    const policy = {
      apiVersion: 'tsnctl.dev/v1alpha1',
      kind: 'TsnPolicy',
      metadata: { name: 'all' },
      spec: { namespaceSelector: {}, priorities: [3, 5] },
    };
    const server = await ApiServer.start({ objects: [...kinds, plant, policy] });
    server.tokens.set(TOKEN, clusterRole() as Rights & object);
    for (let node = 0; node < nodes; node++) {
      server.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName(node) } });
      for (let at = 0; at < pods; at++) server.put(podOf(node, `pod-${node}-${at}`));
    }
    return new BenchCluster(server);
  }

  get kubeconfig(): string {
    return this.server.kubeconfig(TOKEN);
  }

  /** The part of an agent that watches, once for each node. */
  async startAgents(count: number): Promise<void> {
    const log = () => undefined;
    for (let at = 0; at < count; at++) {
      const client = await KubeClient.open({ kubeconfig: this.kubeconfig });
      const node = nodeName(at);
      const events = this.#stack.use(new PodEvents({ client, node, log }));
      this.agents.push(this.#stack.use(new ClusterPolicies({ client, node, log, events })));
    }
    await until(() => this.agents.every(({ isSynced }) => isSynced));
  }

  /** One pod comes to a node, gets ready, and goes: as many events as a real one. */
  churn(node: number, name: string): void {
    this.server.put(podOf(node, name));
    for (const phase of ['Pending', 'Running', 'Succeeded']) {
      this.server.put({ ...podOf(node, name), status: { phase } });
    }
    this.server.delete('v1', 'Pod', name, 'plant');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stack.dispose();
    await this.server[Symbol.asyncDispose]();
  }
}

export function nodeName(at: number): string {
  return `node-${at}`;
}

export async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function podOf(node: number, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'plant',
      labels: { app: 'camera' },
      annotations: { 'tsnctl.dev/priorities': '3', rest: 'x'.repeat(POD_BYTES) },
    },
    spec: { nodeName: nodeName(node), containers: [{ name: 'app', image: 'app' }] },
  };
}
