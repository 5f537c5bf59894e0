import { expect, it } from 'vitest';
import { useTestCluster } from '../../test/test-cluster.ts';
import type { ApiObject } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';

// Server-side apply, against the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG.

const cluster = useTestCluster();
const path = () => customPath('tsnpolicies', cluster().named('p'));

interface Managed extends ApiObject {
  readonly metadata: ApiObject['metadata'] & {
    readonly managedFields?: readonly {
      manager: string;
      operation: string;
      subresource?: string;
      fieldsV1: object;
    }[];
  };
  readonly spec: { readonly priorities: readonly number[] };
}

function applyAs(fieldManager: string, spec: object, query: Record<string, string> = {}): Promise<Managed> {
  const body = cluster().policy('p', spec);
  cluster().adopt(path());
  return cluster().client.request('PATCH', path(), {
    body,
    type: 'application/apply-patch+yaml',
    query: { fieldManager, ...query },
  });
}

it('what one applies no more is gone, as far as nobody else has it', async () => {
  await applyAs('one', { priorities: [3, 5], clamp: true, remap: [{ from: 6, to: 3 }] });
  await applyAs('two', { priorities: [5, 7], clamp: true });
  const both = await applyAs('one', { priorities: [3], launchTime: {} });
  expect(both.spec).toEqual({
    namespaceSelector: cluster().selector,
    priorities: expect.arrayContaining([3, 5, 7]),
    clamp: true,
    launchTime: { horizon: '10s' },
  });
  const { spec } = await applyAs('two', { priorities: [9] });
  expect(spec).toEqual({
    namespaceSelector: cluster().selector,
    priorities: expect.toSatisfy((all: number[]) => `${all.toSorted((a, b) => a - b)}` === '3,9'),
    launchTime: { horizon: '10s' },
  });
});

it('what another has is a conflict, unless it is taken by force', async () => {
  await applyAs('one', { priorities: [3], clamp: true, launchTime: { horizon: '1ms' } });
  await applyAs('two', { priorities: [3], clamp: true });
  await expect(applyAs('two', { priorities: [3], clamp: false })).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('Apply failed with 1 conflict: conflict with "one": .spec.clamp'),
  });
  const more = { priorities: [3], clamp: false, launchTime: { horizon: '2ms' } };
  await expect(applyAs('two', more)).rejects.toMatchObject({
    message: expect.stringMatching(
      /Apply failed with 2 conflicts: conflicts with "one":\n- .spec.clamp\n- .spec.launchTime.horizon$/,
    ),
  });
  const taken = await applyAs('two', more, { force: 'true' });
  expect(taken.spec).toMatchObject({ clamp: false, launchTime: { horizon: '2ms' } });
  await expect(applyAs('one', { priorities: [3], clamp: true })).rejects.toMatchObject({ status: 409 });
  const { spec } = await applyAs('one', { priorities: [3] });
  expect(spec).toMatchObject({ clamp: false, launchTime: { horizon: '2ms' } });
});

it('an item of a list that is a map is of whoever has its key', async () => {
  await applyAs('one', { remap: [{ from: 6, to: 3 }] });
  const both = await applyAs('two', { remap: [{ from: 7, to: 3 }] });
  expect(both.spec).toMatchObject({
    remap: [6, 7].map((from) => ({ from, to: 3 })),
  });
  await expect(applyAs('two', { priorities: [4], remap: [{ from: 6, to: 4 }] })).rejects.toMatchObject({
    message: expect.stringContaining('conflict with "one": .spec.remap[from=6].to'),
  });
  expect((await applyAs('one', {})).spec).toMatchObject({ remap: [{ from: 7, to: 3 }] });
});

it('who writes is named, and what a write changes is the writer’s', async () => {
  const { client } = cluster();
  await applyAs('one', { priorities: [3], clamp: true });
  await client.patch(path(), { spec: { clamp: false } });
  await client.patch(`${path()}/status`, { status: { observedGeneration: 1 } });
  const { metadata } = await client.request<Managed>('GET', path());
  const found = metadata.managedFields?.map(({ manager, operation, subresource }) =>
    [manager, operation, subresource ?? ''].join(' ').trim(),
  );
  expect(found?.toSorted()).toEqual(['one Apply', 'tsnctl Update', 'tsnctl Update status']);
  await expect(applyAs('one', { priorities: [3], clamp: true })).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(
      /conflict with "tsnctl" using tsnctl.dev\/v1alpha1(?: at \S+)?: .spec.clamp$/,
    ),
  });
  await applyAs('one', { priorities: [3] }); // it is no longer his, so it stays
  expect(await client.request('GET', path())).toMatchObject({ spec: { clamp: false } });
});

it('takes who applies, and nothing that the server writes itself', async () => {
  const { client } = cluster();
  const body = cluster().policy('p') as { metadata: object };
  const type = 'application/apply-patch+yaml' as const;
  await expect(client.request('PATCH', path(), { body, type })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('fieldManager: Required value: is required for apply patch'),
  });
  const owned = { ...body, metadata: { ...body.metadata, managedFields: [{}] } };
  await expect(client.apply(path(), owned)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('metadata.managedFields must be nil'),
  });
  const old = { ...body, metadata: { ...body.metadata, resourceVersion: '1' } };
  await cluster().put(body);
  await expect(client.apply(path(), old)).rejects.toMatchObject({ status: 409 });
});
