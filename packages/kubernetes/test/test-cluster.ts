import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ApiObject,
  clusterRole,
  KubeClient,
  KubeError,
  manifests,
  objectPath,
} from '@tsnctl/kubernetes';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { namespace, nic, policy, startCluster } from './cluster.ts';

/** A cluster that a test may use, whichever it is: the server in this process, or with TSNCTL_TEST_CLUSTER=1 that of KUBECONFIG. */
class TestCluster implements AsyncDisposable {
  /** Of the administrator. */
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly #suffix = randomUUID().slice(0, 8);
  readonly #made = new Set<string>();
  readonly #resources: AsyncDisposableStack;

  private constructor(client: KubeClient, kubeconfig: string, resources: AsyncDisposableStack) {
    this.client = client;
    this.kubeconfig = kubeconfig;
    this.#resources = resources;
  }

  static async open(): Promise<TestCluster> {
    await using resources = new AsyncDisposableStack();
    const kubeconfig = await kubeconfigOf(resources);
    const client = await KubeClient.open({ kubeconfig });
    const kinds = manifests({ image: 'x', version: '0' }).filter(
      ({ kind }) => kind === 'CustomResourceDefinition',
    );
    for (const kind of kinds) await client.apply(objectPath(kind), kind);
    for (const kind of kinds) await isEstablished(client, objectPath(kind));
    return new TestCluster(client, kubeconfig, resources.move());
  }

  /** Selects what this test has made, and nothing of the cluster's own: agents there may go by what is put here. */
  get selector(): { readonly matchLabels: Readonly<Record<string, string>> } {
    return { matchLabels: { line: this.#suffix } };
  }

  /** A TsnPolicy of this name, for the plant alone. */
  policy(name: string, spec: object = {}): object {
    return policy(this.named(name), { namespaceSelector: this.selector, ...spec });
  }

  /** A TsnInterface of this name, for no node of the cluster's. */
  nic(name: string, spec: object = {}): object {
    return nic(this.named(name), { nodeSelector: this.selector, ...spec });
  }

  /** A node that is not there, so that nothing of ours is run: the API server does not mind. */
  get node(): string {
    return this.named('node');
  }

  /** The namespace of the test; its label is `line=<suffix>`. */
  get plant(): string {
    return this.named('plant');
  }

  get suffix(): string {
    return this.#suffix;
  }

  named(name: string): string {
    return `tsnctl-test-${name}-${this.#suffix}`;
  }

  async makePlant(): Promise<void> {
    await this.put(namespace(this.plant, { line: this.#suffix }));
    // What a controller makes, where there is one: without it no pod is let in.
    await this.put(serviceAccount('default', this.plant));
  }

  /** As kubectl apply --server-side does; whatever was made so is removed by `removeAll`. */
  async put(object: object): Promise<void> {
    const path = objectPath(object as Parameters<typeof objectPath>[0]);
    await this.client.apply(path, object);
    this.#made.add(path);
  }

  /** As kubectl create does. */
  async create<T extends ApiObject>(object: object, query: Record<string, string> = {}): Promise<T> {
    const path = objectPath(object as Parameters<typeof objectPath>[0]);
    const made = await this.client.request<T>('POST', path.slice(0, path.lastIndexOf('/')), {
      body: object,
      query: { fieldValidation: 'Strict', ...query },
    });
    this.#made.add(path);
    return made;
  }

  /** It was made by somebody else, and goes with the rest. */
  adopt(path: string): void {
    this.#made.add(path);
  }

  /** A kubeconfig of somebody who may do what an agent may, and nothing else. */
  async agentKubeconfig(): Promise<string> {
    const name = this.named('agent');
    const role = { ...clusterRole(), metadata: { name } };
    await this.put(serviceAccount(name, this.plant));
    await this.put(role);
    await this.put({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: this.plant }],
    });
    const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const path = `/api/v1/namespaces/${this.plant}/serviceaccounts/${name}/token`;
    const { status } = await this.client.request<{ status: { token: string } }>('POST', path, {
      body: asked,
    });
    const directory = mkdtempSync(join(tmpdir(), 'tsnctl-kubeconfig-'));
    this.#resources.defer(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'agent.kubeconfig');
    writeFileSync(file, JSON.stringify(kubeconfigWith(this.client, status.token)), { mode: 0o600 });
    return file;
  }

  /** What `kubectl get -o wide` prints of a list, row by row, by the names of its columns. */
  async table(path: string, query: Record<string, string> = {}): Promise<Record<string, unknown>[]> {
    const { client } = this;
    const { RequestContext, IsomorphicFetchHttpLibrary } = client.library;
    const context = new RequestContext(
      `${client.server}${path}?${new URLSearchParams(query)}`,
      'GET' as never,
    );
    context.setHeaderParam('accept', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json');
    await client.config.applySecurityAuthentication(context);
    const answer = await new IsomorphicFetchHttpLibrary().send(context).toPromise();
    const { columnDefinitions, rows } = JSON.parse(await answer.body.text()) as Table;
    return rows.map(({ cells }) =>
      Object.fromEntries(columnDefinitions.map(({ name }, at) => [name, cells[at]])),
    );
  }

  async removeAll({ but }: { but?: RegExp } = {}): Promise<void> {
    for (const path of [...this.#made].toReversed()) {
      if (but?.test(path)) continue;
      this.#made.delete(path);
      await this.client
        .request('DELETE', path, { query: { gracePeriodSeconds: '0' } })
        .catch((error: unknown) => {
          if (!(error instanceof KubeError && error.status === 404)) throw error;
        });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using resources = this.#resources.move();
    resources.defer(() => this.removeAll());
  }
}

/** A cluster for all tests of a file, with its namespace; what a test makes besides is gone after it. */
export function useTestCluster(): () => TestCluster {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.open();
    await cluster.makePlant();
  });
  afterEach(() => cluster.removeAll({ but: /\/(namespaces|serviceaccounts)\/[^/]+$/ }));
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  return () => cluster;
}

interface Table {
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

interface Definition {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function isEstablished(client: KubeClient, path: string): Promise<void> {
  const isIt = async () => {
    const { status } = await client.request<Definition>('GET', path);
    return status?.conditions?.some((it) => it.type === 'Established' && it.status === 'True') ?? false;
  };
  await vi.waitUntil(isIt, { timeout: 30_000, interval: 50 });
}

async function kubeconfigOf(resources: AsyncDisposableStack): Promise<string> {
  if (process.env.TSNCTL_TEST_CLUSTER !== '1') return resources.use(await startCluster()).kubeconfig();
  const { KUBECONFIG } = process.env;
  if (KUBECONFIG) return KUBECONFIG;
  throw new Error('KUBECONFIG names no cluster to test with');
}

function kubeconfigWith({ config }: KubeClient, token: string): object {
  const { server, caData, caFile, skipTLSVerify } = config.getCurrentCluster() ?? { server: '' };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: {
          server,
          ...(caData && { 'certificate-authority-data': caData }),
          ...(caFile && { 'certificate-authority': caFile }),
          ...(skipTLSVerify && { 'insecure-skip-tls-verify': true }),
        },
      },
    ],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'agent' } }],
  };
}

function serviceAccount(name: string, inside: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: inside } };
}
