import { expect, it } from 'vitest';
import { useTestCluster } from '../../test/test-cluster.ts';
import { objectPath } from '../client/paths.ts';
import { contains } from '../install/contains.ts';
import { type Manifest, manifests } from '../manifest/manifests.ts';

// What is installed, by the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG.

const cluster = useTestCluster();
const all = manifests({ image: 'tsnctl.example/tsnctl:1.0.0', version: '1.0.0+0a1b2c3d' }); // as a bundle calls itself

/** In the test's own namespace, under a name of the test, for no node that there is. */
function ours(manifest: Manifest): Manifest {
  const { metadata } = manifest;
  if (metadata.namespace === undefined) return manifest;
  const moved = structuredClone(manifest) as Manifest & { spec?: { template: { spec: object } } };
  const at = { ...metadata, name: cluster().named(metadata.name), namespace: cluster().plant };
  if (manifest.kind === 'DaemonSet' && moved.spec) {
    Object.assign(moved.spec.template.spec, { nodeSelector: { 'tsnctl.dev/test': cluster().suffix } });
  }
  return { ...moved, metadata: at };
}

it.each(all.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
  'the API server takes %s, and it is as it was wanted',
  async (_, manifest) => {
    const object = ours(manifest);
    const found = await cluster().client.apply(objectPath(object), object, { dryRun: true });
    expect(contains(found, object)).toBe(true);
  },
);

it('who has applied it in another way may go on with this one, and the other way round', async () => {
  const object = ours(all.find(({ kind }) => kind === 'DaemonSet') as Manifest);
  const path = objectPath(object);
  const applyAs = (fieldManager: string) =>
    cluster().client.request<Manifest & { metadata: { generation: number } }>('PATCH', path, {
      body: object,
      type: 'application/apply-patch+yaml',
      query: { fieldManager, fieldValidation: 'Strict' },
    });
  await cluster().create(object, { fieldManager: 'kubectl-client-side-apply' });
  await applyAs('kubectl');
  const { metadata } = await applyAs('tsnctl');
  expect(metadata.generation).toBe(1);
});
