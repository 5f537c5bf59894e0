import type { NodeState } from '@tsnctl/proxy';
import { expect, it, vi } from 'vitest';
import { NODE } from '../../test/cluster.ts';
import { useCluster } from '../../test/use-cluster.ts';
import type { TsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import { nodeStateStatus } from './node-state.ts';
import { NodeStateWriter } from './node-state-writer.ts';

const soon = { timeout: 20_000, interval: 10 };
const cluster = useCluster();

const seen: NodeState = { ready: true, uplinks: ['eth1'], pods: [] };
const statusOf = (state: NodeState, now: string, former?: TsnNodeStateStatus) =>
  nodeStateStatus(
    {
      state,
      snapshot: { observedAt: now, kernel: '6.18.0', uplinks: [], drift: [] },
      decisions: [
        {
          namespace: 'plant',
          name: 'camera',
          uid: 'u1',
          policy: { allow: [3, 5], remap: { 6: 3 }, horizonNs: 1_000_000n },
          withheld: ['priority 7'],
          by: ['cameras'],
        },
      ],
      podCount: 4,
      interfaces: [
        {
          name: 'line',
          findings: [{ type: 'Matched', status: 'False', reason: 'NoInterface', message: 'there is none' }],
        },
      ],
      nics: [],
      version: '1',
      mode: 'host',
    },
    former,
  );
const writer = (leastMs: number, mostMs = 300_000) =>
  cluster.stack.use(
    new NodeStateWriter({
      client: cluster.client,
      node: NODE,
      nodeUid: () => 'node-uid',
      log: cluster.say,
      leastMs,
      mostMs,
      describe: (state, former) => statusOf(state, new Date().toISOString(), former),
    }),
  );
const stored = () => cluster.server.get('tsnctl.dev/v1alpha1', 'TsnNodeState', NODE);
const writes = () =>
  cluster.server.served.filter(
    ({ resource, status }) => resource === 'tsnnodestates/status' && status === 200,
  );

it('writes what it is told while a state is on its way', async () => {
  const late: NodeState = { ...seen, uplinks: ['eth1', 'eth2'] };
  const described: NodeState[] = [];
  const busy = cluster.stack.use(
    new NodeStateWriter({
      client: cluster.client,
      node: NODE,
      nodeUid: () => 'node-uid',
      log: cluster.say,
      leastMs: 20,
      describe: (state) => {
        if (described.push(state) === 1) busy.report(late);
        return statusOf(state, new Date().toISOString());
      },
    }),
  );
  busy.report(seen);
  await expect.poll(() => described, soon).toEqual([seen, late]);
});

it('writes what a node is like, as its schema has it, and belongs to its Node', async () => {
  writer(10).report(seen);
  await expect
    .poll(() => stored()?.status, soon)
    .toMatchObject({
      kernel: '6.18.0',
      podCount: 4,
      carriedPodCount: 1,
      pods: [
        {
          namespace: 'plant',
          name: 'camera',
          priorities: '3,5,6=3',
          horizon: '1ms',
          withheld: ['priority 7'],
        },
      ],
      interfaces: [{ name: 'line', conditions: [{ reason: 'NoInterface' }] }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'AsWanted' }],
    });
  expect(stored()?.metadata).toMatchObject({
    ownerReferences: [{ kind: 'Node', name: NODE, uid: 'node-uid' }],
  });
  expect(
    cluster.server.served.filter(({ status }) => status === 403 || status === 422 || status === 400),
  ).toEqual([]);
});

it('not again where nothing is new, and a storm of news is few writes', async () => {
  const it = writer(200);
  it.report(seen);
  await expect.poll(() => writes().length, soon).toBe(1);
  for (let at = 0; at < 50; at++) it.report({ ...seen, ready: false, reason: `because of ${at}` });
  await expect.poll(() => JSON.stringify(stored()?.status), soon).toContain('because of 49');
  expect(writes().length).toBe(2);
  it.report({ ...seen, ready: false, reason: 'because of 49' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(writes().length).toBe(2);
});

it('pods that come and go wait for a while, what else is new does not', async () => {
  let priorities = '3';
  const it = cluster.stack.use(
    new NodeStateWriter({
      client: cluster.client,
      node: NODE,
      nodeUid: () => undefined,
      log: cluster.say,
      leastMs: 10,
      podsMs: 2_000,
      describe: (state, former) => {
        const status = statusOf(state, new Date().toISOString(), former);
        return { ...status, pods: status.pods.map((pod) => ({ ...pod, priorities })) };
      },
    }),
  );
  const pods = () => JSON.stringify((stored()?.status as TsnNodeStateStatus | undefined)?.pods);
  it.report(seen);
  await expect.poll(() => writes().length, soon).toBe(1);
  const before = performance.now();
  priorities = '5';
  it.report(seen);
  await expect.poll(pods, soon).toContain('"priorities":"5"');
  expect(performance.now() - before).toBeGreaterThan(1_000); // less what the spread takes off
  priorities = '6';
  it.report(seen);
  it.report({ ...seen, ready: false, reason: 'a fault' });
  await expect.poll(() => JSON.stringify(stored()?.status), soon).toContain('a fault');
  expect(pods()).toContain('"priorities":"6"'); // both in one
  expect(writes().length).toBe(3);
});

it('a condition that stays keeps its time, also when the agent is another one', async () => {
  const then = '2026-01-02T03:04:05.000Z';
  const conditionTimes = () => {
    const { conditions = [], interfaces = [] } = (stored()?.status ?? {}) as TsnNodeStateStatus;
    return [...conditions, ...interfaces.flatMap((it) => it.conditions)].map((it) => it.lastTransitionTime);
  };
  cluster.server.put({
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnNodeState',
    metadata: { name: NODE },
    status: statusOf(seen, then),
  });
  expect(conditionTimes()).toEqual([then, then]);
  const first = writer(10);
  first.report(seen);
  await expect.poll(() => stored()?.status, soon).not.toMatchObject({ observedAt: then });
  expect(conditionTimes()).toEqual([then, then]);
  first.report({ ...seen, ready: false, reason: 'a fault' });
  await expect.poll(() => conditionTimes()[0], soon).not.toBe(then);
  expect(conditionTimes()[1]).toBe(then);
  expect(cluster.server.served.filter(({ status }) => status >= 400)).toEqual([]);
});

it('what it cannot read of a former agent does not keep it from writing', async () => {
  const kind = 'CustomResourceDefinition';
  const found = cluster.server.get('apiextensions.k8s.io/v1', kind, 'tsnnodestates.tsnctl.dev');
  const older = structuredClone(found) as unknown as {
    spec: { versions: { schema: { openAPIV3Schema: object } }[] };
  };
  const schema = older.spec.versions[0]?.schema.openAPIV3Schema as {
    properties: { status: { required: string[] } };
  };
  schema.properties.status.required = [];
  cluster.server.put(older);
  const metadata = { name: NODE };
  const apiVersion = 'tsnctl.dev/v1alpha1';
  cluster.server.put({ apiVersion, kind: 'TsnNodeState', metadata, status: { kernel: '1' } });
  writer(10).report(seen);
  await expect.poll(() => stored()?.status, soon).toMatchObject({ kernel: '6.18.0' });
});

it('now and then as a sign of life', async () => {
  const it = writer(1, 50);
  it.report(seen);
  await expect.poll(() => writes().length, soon).toBe(1);
  await expect
    .poll(() => {
      it.report(seen);
      return writes().length;
    }, soon)
    .toBeGreaterThan(2);
});

it('goes on when the server is back', async () => {
  await cluster.server.down();
  writer(10).report(seen);
  await expect.poll(() => cluster.log.join(), soon).toContain('the state of this node was not written');
  await cluster.server.up();
  await expect.poll(() => stored()?.status, soon).toBeDefined();
});

it('looks at nothing any more once it has ended, whatever was on its way', async () => {
  let described = 0;
  const { client } = cluster;
  const ended = new NodeStateWriter({
    client,
    node: NODE,
    nodeUid: () => 'node-uid',
    log: cluster.say,
    leastMs: 10,
    describe: (state) => {
      described++;
      return statusOf(state, new Date().toISOString());
    },
  });
  const patch = client.patch.bind(client);
  const asked = new Promise<void>((resolve) => {
    vi.spyOn(client, 'patch').mockImplementationOnce((path, body) => {
      ended[Symbol.dispose]();
      const answer = patch(path, body);
      void answer
        .then(
          () => {},
          () => {},
        )
        .then(() => setImmediate(resolve));
      return answer as never;
    });
  });
  ended.report(seen);
  await asked;
  expect(described).toBe(0);
});
