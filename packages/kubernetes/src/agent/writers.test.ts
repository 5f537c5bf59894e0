import type { NodeState } from '@tsnctl/proxy';
import type { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_TOKEN, NODE, nic, policy, startCluster } from '../../test/cluster.ts';
import { type ApiObject, KubeClient } from '../client/kube-client.ts';
import { tsnInterface } from '../crd/tsn-interface.ts';
import { type TsnPolicy, tsnPolicy } from '../crd/tsn-policy.ts';
import type { Finding } from '../policy/policy-conditions.ts';
import { nodeStateStatus } from './node-state.ts';
import { NodeStateWriter } from './node-state-writer.ts';
import { staleInterfaces } from './stale-interfaces.ts';
import { stalePolicies } from './stale-policies.ts';
import { type StaleStatus, StatusWriter } from './status-writer.ts';

const soon = { timeout: 20_000, interval: 10 };
let server: ApiServer;
let client: KubeClient;
let stack: DisposableStack;
let log: string[];
beforeEach(async () => {
  server = await startCluster();
  client = await KubeClient.open({ kubeconfig: server.kubeconfig(AGENT_TOKEN) });
  stack = new DisposableStack();
  log = [];
});
afterEach(async () => {
  stack.dispose();
  await server[Symbol.asyncDispose]();
});

const say = (line: string) => void log.push(line);
const seen: NodeState = { ready: true, uplinks: ['eth1'], pods: [] };
const statusOf = (state: NodeState, now: string) =>
  nodeStateStatus({
    state,
    snapshot: { observedAt: now, kernel: '6.18.0', uplinks: [], drift: [] },
    decisions: [
      {
        namespace: 'plant',
        name: 'camera',
        uid: 'u1',
        policy: { allow: [3, 5], remap: { 6: 3 }, horizonNs: 1_000_000n },
        withheld: ['priorities 7'],
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
  });
const writer = (leastMs: number, mostMs = 300_000) =>
  stack.use(
    new NodeStateWriter({
      client,
      node: NODE,
      nodeUid: () => 'node-uid',
      log: say,
      leastMs,
      mostMs,
      describe: (state) => statusOf(state, new Date().toISOString()),
    }),
  );
const stored = () => server.get('tsnctl.dev/v1alpha1', 'TsnNodeState', NODE);
const writes = () =>
  server.served.filter(({ resource, status }) => resource === 'tsnnodestates/status' && status === 200);

it('writes what it is told while a state is on its way', async () => {
  const late: NodeState = { ...seen, uplinks: ['eth1', 'eth2'] };
  const described: NodeState[] = [];
  const busy = stack.use(
    new NodeStateWriter({
      client,
      node: NODE,
      nodeUid: () => 'node-uid',
      log: say,
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
          withheld: ['priorities 7'],
        },
      ],
      interfaces: [{ name: 'line', conditions: [{ reason: 'NoInterface' }] }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'AsWanted' }],
    });
  expect(stored()?.metadata).toMatchObject({
    ownerReferences: [{ kind: 'Node', name: NODE, uid: 'node-uid' }],
  });
  expect(server.served.filter(({ status }) => status === 403 || status === 422 || status === 400)).toEqual(
    [],
  );
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
  await server.down();
  writer(10).report(seen);
  await expect.poll(() => log.join(), soon).toContain('the state of this node was not written');
  await server.up();
  await expect.poll(() => stored()?.status, soon).toBeDefined();
});

describe('of many agents that see the same, one writes', () => {
  const agents = (plural: string, stale: () => StaleStatus[]) =>
    Array.from({ length: 10 }, () =>
      stack.use(new StatusWriter({ client, plural, stale, log: say, withinMs: 600 })),
    );
  const allHaveWaited = () => new Promise((resolve) => setTimeout(resolve, 1_000));
  const listed = (kind: string) => server.list('tsnctl.dev/v1alpha1', kind) as unknown as ApiObject[];
  const written = (resource: string) =>
    server.served.filter((it) => it.resource === resource && it.status === 200).length;

  it('an overlap of policies', async () => {
    server.put(policy('a', { priorities: [3], remap: [{ from: 6, to: 3 }] }));
    server.put(policy('b', { priorities: [6] }));
    const policies = () => listed('TsnPolicy').map((it): TsnPolicy => tsnPolicy.parse(it));
    const all = agents('tsnpolicies', () => stalePolicies(listed('TsnPolicy'), new Date().toISOString()));
    for (const agent of all) agent.look();
    await expect
      .poll(() => policies().map(({ status }) => status?.conditions?.[1]?.reason), soon)
      .toEqual(['Disagreement', 'Disagreement']);
    await allHaveWaited(); // two may have asked at the same moment; a version is written once
    const versions = () => policies().map(({ metadata }) => metadata.resourceVersion);
    const before = versions();
    for (const agent of all) agent.look();
    await allHaveWaited();
    expect(versions()).toEqual(before);
    expect(written('tsnpolicies/status')).toBe(2);
    expect(policies()[0]?.status?.observedGeneration).toBe(1);
  });

  it('a TsnInterface, and the one node that cannot do it is heard', async () => {
    server.put(nic('line'));
    const findings = (isDone: boolean): Finding[] => [
      { type: 'Matched', status: 'True', reason: 'OneInterface', message: 'it means one interface' },
      isDone
        ? { type: 'Applied', status: 'True', reason: 'InPlace', message: 'eth1 is as wanted' }
        : { type: 'Applied', status: 'False', reason: 'TooFewQueues', message: 'eth1 has 1 TX queue' },
    ];
    const failing = new Set(['node-7']);
    const all = Array.from({ length: 10 }, (_, at) => {
      const node = `node-${at}`;
      const stale = () =>
        staleInterfaces({
          objects: listed('TsnInterface'),
          states: [{ name: 'line', interface: 'eth1', findings: findings(!failing.has(node)) }],
          node,
          now: new Date().toISOString(),
        });
      return stack.use(new StatusWriter({ client, plural: 'tsninterfaces', stale, log: say, withinMs: 600 }));
    });
    const look = () => {
      for (const agent of all) agent.look();
    };
    const applied = () =>
      tsnInterface
        .parse(listed('TsnInterface')[0])
        .status?.conditions?.find(({ type }) => type === 'Applied');
    look();
    await expect.poll(() => applied()?.message, soon).toBe('node-7: eth1 has 1 TX queue');
    await allHaveWaited();
    look();
    await allHaveWaited();
    const writes = written('tsninterfaces/status');
    expect(writes).toBeLessThan(3); // one, or somebody who succeeds has spoken first
    failing.clear();
    look();
    await expect.poll(() => applied()?.reason, soon).toBe('InPlace');
    expect(written('tsninterfaces/status')).toBe(writes + 1);
    expect(log).toEqual([]);
  });

  it('again after the server was away', async () => {
    server.put(policy('a'));
    await server.down();
    const [agent] = agents('tsnpolicies', () => stalePolicies(listed('TsnPolicy'), new Date().toISOString()));
    agent?.look();
    await expect.poll(() => log.join(), soon).toContain('the status of tsnpolicies a was not written');
    await server.up();
    const accepted = () => tsnPolicy.parse(listed('TsnPolicy')[0]).status?.conditions?.[0];
    await expect.poll(accepted, soon).toMatchObject({ type: 'Accepted', status: 'True', reason: 'Valid' });
  });
});

it('a policy that is not as it has to be grants nothing, and says so', () => {
  const wrong = { ...policy('p', { priorities: [99] }), metadata: { name: 'p', generation: 3 } };
  expect(stalePolicies([wrong], '2026-11-29T12:00:00Z')).toMatchObject([
    {
      name: 'p',
      status: {
        observedGeneration: 3,
        conditions: [
          {
            type: 'Accepted',
            status: 'False',
            reason: 'Invalid',
            message: 'it grants nothing: spec.priorities.0: Too big: expected number to be <=15',
          },
        ],
      },
    },
  ]);
});
