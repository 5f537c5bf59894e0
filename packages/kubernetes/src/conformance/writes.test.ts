import { expect, it } from 'vitest';
import { useTestCluster } from '../../test/test-cluster.ts';
import type { ApiObject } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';

// Against the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG.

const cluster = useTestCluster();
const path = () => customPath('tsnpolicies', cluster().named('p'));
const policyOf = (spec: object) => cluster().policy('p', spec);
const read = () => cluster().client.request<ApiObject>('GET', path());
const versionOf = ({ metadata }: ApiObject) => metadata.resourceVersion;
const condition = (status: string) => ({
  type: 'Accepted',
  status,
  reason: 'Valid',
  message: 'it is in force',
  lastTransitionTime: new Date().toISOString(),
});

it('what is left out is filled in, and null takes away', async () => {
  const made = await cluster().create(policyOf({ launchTime: {}, podSelector: null }));
  expect(made).toMatchObject({ metadata: { generation: 1 }, spec: { launchTime: { horizon: '10s' } } });
  expect(made).not.toHaveProperty('spec.podSelector');
  const patched = await cluster().client.patch(path(), { spec: { launchTime: null, clamp: true } });
  expect(patched).toMatchObject({ metadata: { generation: 2 }, spec: { priorities: [3], clamp: true } });
  expect(patched).not.toHaveProperty('spec.launchTime');
});

it('a status is apart from the spec, and checked as well', async () => {
  const { client } = cluster();
  await cluster().create({ ...policyOf({ priorities: [4] }), status: { observedGeneration: 9 } });
  expect(await read()).not.toHaveProperty('status');
  await client.patch(`${path()}/status`, {
    spec: { priorities: [9] },
    status: { observedGeneration: 1, conditions: [condition('True')] },
  });
  await client.patch(path(), { status: { observedGeneration: 7 } });
  expect(await read()).toMatchObject({
    metadata: { generation: 1 },
    spec: { priorities: [4] },
    status: { observedGeneration: 1, conditions: [{ reason: 'Valid' }] },
  });
  const bad = { status: { conditions: [condition('Maybe')] } };
  await expect(client.patch(`${path()}/status`, bad)).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining(
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
    ),
  });
  const twice = { status: { conditions: [condition('True'), condition('False')] } };
  await expect(client.patch(`${path()}/status`, twice)).rejects.toMatchObject({
    message: expect.stringContaining('status.conditions[1]: Duplicate value: '),
  });
  await expect(client.patch(`${path()}-none/status`, { status: {} })).rejects.toMatchObject({ status: 404 });
});

it('what changes nothing makes no new version', async () => {
  await cluster().create(policyOf({}), { fieldManager: 'tsnctl' });
  const before = versionOf(await read());
  await cluster().client.patch(path(), { spec: { priorities: [3] } });
  expect(versionOf(await read())).toBe(before);
  await cluster().put(policyOf({}));
  const applied = versionOf(await read());
  await cluster().put(policyOf({}));
  expect(versionOf(await read())).toBe(applied);
});

it('a patch of nothing answers with what is there, and changes nothing', async () => {
  await cluster().create(policyOf({}));
  const { client } = cluster();
  const status = { observedGeneration: 1, conditions: [condition('True')] };
  await client.patch(`${path()}/status`, { status });
  const before = await read();
  expect(await client.patch(`${path()}/status`, {})).toEqual(before);
  expect(await read()).toEqual(before);
});

it('a change of something else than what was read is a conflict', async () => {
  const { client } = cluster();
  const made = await cluster().create(policyOf({}));
  const conflict = {
    status: 409,
    message: expect.stringContaining(
      'the object has been modified; please apply your changes to the latest version',
    ),
  };
  const { resourceVersion } = made.metadata;
  await client.patch(path(), { metadata: { resourceVersion }, spec: { priorities: [4] } });
  const late = { metadata: { resourceVersion }, spec: { priorities: [5] } };
  await expect(client.patch(path(), late)).rejects.toMatchObject(conflict);
  await expect(client.request('PUT', path(), { body: made })).rejects.toMatchObject(conflict);
  await expect(client.request('PUT', path(), { body: policyOf({}) })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('metadata.resourceVersion: Invalid value: 0'),
  });
  await expect(cluster().create(policyOf({}))).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(`tsnpolicies.tsnctl.dev "${cluster().named('p')}" already exists`),
  });
  expect(await read()).toMatchObject({ spec: { priorities: [4] } });
});

it('what somebody holds goes when he lets go of it, and nothing comes into a namespace that goes', async () => {
  const { client } = cluster();
  const finalizers = ['tsnctl.dev/test'];
  await cluster().create({ ...policyOf({}), metadata: { name: cluster().named('p'), finalizers } });
  await client.request('DELETE', path());
  expect(await read()).toMatchObject({ metadata: { deletionTimestamp: expect.any(String), finalizers } });
  await client.patch(path(), { metadata: { finalizers: null } });
  await expect(read()).rejects.toMatchObject({ status: 404 });

  const name = cluster().named('gone');
  const at = `/api/v1/namespaces/${name}`;
  await cluster().create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, finalizers } });
  await client.request('DELETE', at);
  const late = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: name } };
  await expect(cluster().create(late)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining(`in namespace ${name} because it is being terminated`),
  });
  await client.patch(at, { metadata: { finalizers: null } });
});

it('a dry run checks, and changes nothing', async () => {
  const { client } = cluster();
  const body = policyOf({ clamp: true });
  expect(await client.apply(path(), body, { dryRun: true })).toMatchObject({ spec: { clamp: true } });
  await expect(read()).rejects.toMatchObject({ status: 404 });
  await expect(client.apply(path(), policyOf({ priorities: [16] }), { dryRun: true })).rejects.toMatchObject({
    status: 422,
  });
  const made = await cluster().create(policyOf({}));
  expect(await client.apply(path(), body, { dryRun: true })).toMatchObject({ spec: { clamp: true } });
  expect(versionOf(await read())).toBe(versionOf(made));
});
