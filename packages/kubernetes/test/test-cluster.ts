import { KubeClient, manifests, objectPath } from '@tsnctl/kubernetes';
import { NODE, startCluster } from './cluster.ts';

/** A cluster that a test may use, whichever it is. */
export interface TestCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  /** A node of it. */
  readonly node: string;
  /** As kubectl apply --server-side does; whatever was made so is removed by `removeAll`. */
  put(object: object): Promise<void>;
  removeAll(options?: { but?: string }): Promise<void>;
}

/** The server in this process; with TSNCTL_TEST_CLUSTER=1 the one of KUBECONFIG, which gets our kinds. */
export async function openTestCluster(): Promise<TestCluster> {
  if (process.env.TSNCTL_TEST_CLUSTER !== '1') {
    const server = await startCluster();
    return await clusterAt(server.kubeconfig(), NODE, () => server[Symbol.asyncDispose]());
  }
  const { KUBECONFIG: kubeconfig } = process.env;
  if (!kubeconfig) throw new Error('KUBECONFIG names no cluster to test with');
  const client = await KubeClient.open({ kubeconfig });
  const kinds = manifests({ image: 'x', version: '0' }).filter(
    ({ kind }) => kind === 'CustomResourceDefinition',
  );
  for (const kind of kinds) await client.apply(objectPath(kind), kind);
  const { items } = await client.list<{ metadata: { name: string } }>('/api/v1/nodes');
  return await clusterAt(kubeconfig, items[0]?.metadata.name ?? '', async () => undefined);
}

interface Put {
  readonly kind: string;
  readonly path: string;
}

async function clusterAt(kubeconfig: string, node: string, close: () => Promise<void>): Promise<TestCluster> {
  const client = await KubeClient.open({ kubeconfig });
  const made = new Map<string, Put>();
  return {
    kubeconfig,
    node,
    async put(object) {
      const { kind } = object as { kind: string };
      const path = objectPath(object as Parameters<typeof objectPath>[0]);
      await client.apply(path, object);
      made.set(path, { kind, path });
    },
    async removeAll({ but } = {}) {
      for (const { kind, path } of [...made.values()].toReversed()) {
        if (kind === but) continue;
        await client.request('DELETE', path, { query: { gracePeriodSeconds: '0' } });
        made.delete(path);
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
