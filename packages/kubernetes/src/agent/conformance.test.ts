import { randomUUID } from 'node:crypto';
import type { PodInterface } from '@tsnctl/proxy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { namespace, nic, pod, policy } from '../../test/cluster.ts';
import { openTestCluster, type TestCluster } from '../../test/test-cluster.ts';
import { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath } from '../client/paths.ts';
import { ClusterPolicies } from './cluster-policies.ts';
import { PodEvents } from './pod-events.ts';

// Against the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG.

const soon = { timeout: 30_000, interval: 50 };
const suffix = randomUUID().slice(0, 8);
const named = (name: string) => `tsnctl-test-${name}-${suffix}`;
const PLANT = named('plant');
let cluster: TestCluster;
let client: KubeClient;
let stack: DisposableStack;

beforeAll(async () => {
  cluster = await openTestCluster();
  client = await KubeClient.open({ kubeconfig: cluster.kubeconfig });
  stack = new DisposableStack();
  await cluster.put(namespace(PLANT, { line: suffix }));
});
afterEach(async () => {
  stack.dispose();
  stack = new DisposableStack();
  await cluster.removeAll({ but: 'Namespace' });
});
afterAll(async () => {
  await cluster.removeAll();
  await cluster[Symbol.asyncDispose]();
});

const spec = { namespaceSelector: { matchLabels: { line: suffix } } };
const asks = (name: string) =>
  pod(name, { namespace: PLANT, node: cluster.node, annotations: { 'tsnctl.dev/priorities': '3,5' } });
const camera: PodInterface = {
  ifindex: 7,
  name: 'veth7',
  pod: { namespace: PLANT, name: 'camera' },
  identified: true,
};

async function refusal(object: object): Promise<{ status: number; message: string }> {
  const error = await cluster.put(object).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KubeError)) throw new Error(`it was not refused: ${error}`);
  return { status: error.status, message: error.message };
}

describe('the API server refuses', () => {
  it.each([
    [
      'priorities out of range',
      () => policy(named('p'), { ...spec, priorities: [16] }),
      422,
      'spec.priorities[0]',
    ],
    ['the same twice', () => policy(named('p'), { ...spec, priorities: [3, 3] }), 422, 'Duplicate value: 3'],
    ['a field that there is not', () => policy(named('p'), { ...spec, priority: 3 }), 400, 'spec.priority'],
    [
      'a remapping to what is not granted',
      () => policy(named('p'), { ...spec, remap: [{ from: 6, to: 5 }] }),
      422,
      'a priority can be remapped only to one of spec.priorities',
    ],
    [
      'a remapping of what is granted',
      () => policy(named('p'), { ...spec, priorities: [3, 6], remap: [{ from: 6, to: 3 }] }),
      422,
      'a priority is either granted or remapped, not both',
    ],
    ['In without values', () => selecting({ key: 'a', operator: 'In' }), 422, 'In and NotIn need values'],
    [
      'Exists with values',
      () => selecting({ key: 'a', operator: 'Exists', values: ['b'] }),
      422,
      'Exists and DoesNotExist take no values',
    ],
    [
      'an interface that nothing names',
      () => nic(named('i'), { match: {} }),
      422,
      'one of name, driver, device, address says which interface',
    ],
    [
      'a schedule with an interface of its own',
      () => nic(named('i'), { schedule: { dev: 'eth1', qdisc: 'fq' } }),
      422,
      'spec.match says which interface, not dev of the schedule',
    ],
  ])('%s', async (_, object, status, message) => {
    const refused = await refusal(object());
    expect(refused.status).toBe(status);
    expect(refused.message).toContain(message);
  });
});

function selecting(expression: object): object {
  return policy(named('p'), { ...spec, podSelector: { matchExpressions: [expression] } });
}

it('fills in what is left out', async () => {
  await cluster.put(policy(named('p'), { ...spec, launchTime: {} }));
  const found = await client.request('GET', customPath('tsnpolicies', named('p')));
  expect(found).toMatchObject({ metadata: { generation: 1 }, spec: { launchTime: { horizon: '10s' } } });
});

it('keeps a status apart from the spec', async () => {
  const path = customPath('tsnpolicies', named('p'));
  await cluster.put(policy(named('p'), { ...spec, priorities: [4] }));
  const at = new Date().toISOString();
  const conditions = [
    { type: 'Accepted', status: 'True', reason: 'Valid', message: 'it is in force', lastTransitionTime: at },
  ];
  await client.patch(`${path}/status`, {
    spec: { priorities: [9] },
    status: { observedGeneration: 1, conditions },
  });
  await client.patch(path, { status: { observedGeneration: 7 } });
  expect(await client.request('GET', path)).toMatchObject({
    metadata: { generation: 1 },
    spec: { priorities: [4] },
    status: { observedGeneration: 1, conditions: [{ reason: 'Valid' }] },
  });
});

it('a change of something else than what was read is a conflict', async () => {
  const path = customPath('tsnpolicies', named('p'));
  await cluster.put(policy(named('p'), { ...spec, priorities: [4] }));
  const body = { metadata: { resourceVersion: '1' }, spec: { priorities: [5] } };
  await expect(client.patch(path, body)).rejects.toMatchObject({ status: 409 });
});

it('lists page by page', async () => {
  for (const name of ['a', 'b', 'c']) await cluster.put(policy(named(name), spec));
  const found = await client.list<{ metadata: { name: string } }>(customPath('tsnpolicies'), { limit: '2' });
  const names = found.items.map(({ metadata: { name } }) => name).filter((name) => name.endsWith(suffix));
  expect(names.toSorted()).toEqual(['a', 'b', 'c'].map(named));
});

it('a pod is granted what policies grant, follows their changes, and is told of the rest', async () => {
  await cluster.put(asks('camera'));
  await cluster.put(policy(named('p'), spec));
  const log = () => undefined;
  const events = stack.use(new PodEvents({ client, node: cluster.node, log }));
  const policies = stack.use(new ClusterPolicies({ client, node: cluster.node, log, events }));
  const allowed = () => policies.policyFor(camera)?.policy.allow;
  await expect.poll(allowed, soon).toEqual([3]);
  await cluster.put(policy(named('p'), { ...spec, priorities: [3, 5] }));
  await expect.poll(allowed, soon).toEqual([3, 5]);
  await cluster.put(namespace(PLANT, { line: 'another' }));
  await expect.poll(allowed, soon).toEqual([]);
  await cluster.put(namespace(PLANT, { line: suffix }));
  await expect.poll(allowed, soon).toEqual([3, 5]);
  const notes = async () => {
    const found = await client.list<{ note: string }>(`/apis/events.k8s.io/v1/namespaces/${PLANT}/events`);
    return found.items.map(({ note }) => note);
  };
  await expect
    .poll(notes, soon)
    .toContain('it asks for priorities 3,5, and no TsnPolicy selects it: it sends priority 0');
});
