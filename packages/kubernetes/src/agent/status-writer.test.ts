import { describe, expect, it, vi } from 'vitest';
import { nic, policy } from '../../test/cluster.ts';
import { useCluster } from '../../test/use-cluster.ts';
import type { ApiObject } from '../client/kube-client.ts';
import { tsnInterface } from '../crd/tsn-interface.ts';
import { type TsnPolicy, tsnPolicy } from '../crd/tsn-policy.ts';
import type { Finding } from '../policy/policy-conditions.ts';
import { staleInterfaces } from './stale-interfaces.ts';
import { stalePolicies } from './stale-policies.ts';
import { type StaleStatus, StatusWriter } from './status-writer.ts';

const soon = { timeout: 20_000, interval: 10 };
const cluster = useCluster();

describe('of many agents that see the same, one writes', () => {
  const agents = (plural: string, stale: () => StaleStatus[]) =>
    Array.from({ length: 10 }, () =>
      cluster.stack.use(
        new StatusWriter({ client: cluster.client, plural, stale, log: cluster.say, withinMs: 600 }),
      ),
    );
  const allHaveWaited = () => new Promise((resolve) => setTimeout(resolve, 1_000));
  const listed = (kind: string) => cluster.server.list('tsnctl.dev/v1alpha1', kind) as unknown as ApiObject[];
  const written = (resource: string) =>
    cluster.server.served.filter((it) => it.resource === resource && it.status === 200).length;

  it('an overlap of policies', async () => {
    cluster.server.put(policy('a', { priorities: [3], remap: [{ from: 6, to: 3 }] }));
    cluster.server.put(policy('b', { priorities: [6] }));
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
    cluster.server.put(nic('line'));
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
      return cluster.stack.use(
        new StatusWriter({
          client: cluster.client,
          plural: 'tsninterfaces',
          stale,
          log: cluster.say,
          withinMs: 600,
        }),
      );
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
    expect(cluster.log).toEqual([]);
  });

  it('again after the server was away', async () => {
    cluster.server.put(policy('a'));
    await cluster.server.down();
    const [agent] = agents('tsnpolicies', () => stalePolicies(listed('TsnPolicy'), new Date().toISOString()));
    agent?.look();
    await expect
      .poll(() => cluster.log.join(), soon)
      .toContain('the status of tsnpolicies a was not written');
    await cluster.server.up();
    const accepted = () => tsnPolicy.parse(listed('TsnPolicy')[0]).status?.conditions?.[0];
    await expect.poll(accepted, soon).toMatchObject({ type: 'Accepted', status: 'True', reason: 'Valid' });
  });
});

it.each([
  ['against its schema', { priorities: [99] }, 'spec.priorities.0: Too big: expected number to be <=15'],
  [
    'against a rule of it',
    { priorities: [3], remap: [{ from: 6, to: 5 }] },
    'spec.remap: a priority can be remapped only to one of spec.priorities',
  ],
  [
    'against a rule of its selector',
    { podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn' }] } },
    'spec.podSelector.matchExpressions.0: In and NotIn need values',
  ],
])('a policy that is %s grants nothing, and says so', (_, spec, why) => {
  const wrong = { ...policy('p', spec), metadata: { name: 'p', generation: 3 } };
  const message = `it grants nothing: ${why}`;
  expect(stalePolicies([wrong], '2026-11-29T12:00:00Z')).toMatchObject([
    {
      name: 'p',
      status: {
        observedGeneration: 3,
        conditions: [{ type: 'Accepted', status: 'False', reason: 'Invalid', message }],
      },
    },
  ]);
});

it('what becomes true while it writes is written, too', async () => {
  cluster.server.put(policy('a'));
  const written = () => tsnPolicy.parse(cluster.server.list('tsnctl.dev/v1alpha1', 'TsnPolicy')[0]);
  const reasons = () => written().status?.conditions?.map(({ reason }) => reason);
  let wanted = 'First';
  const stale = (): StaleStatus[] => {
    if (reasons()?.includes(wanted)) return [];
    const condition = { type: 'Accepted', status: 'True', reason: wanted, message: '' };
    const lastTransitionTime = new Date().toISOString();
    const status = { conditions: [{ ...condition, lastTransitionTime }] };
    return [{ name: 'a', resourceVersion: undefined, status }];
  };
  const { client } = cluster;
  const writer = cluster.stack.use(
    new StatusWriter({ client, plural: 'tsnpolicies', stale, log: cluster.say, withinMs: 50 }),
  );
  const patch = client.patch.bind(client);
  vi.spyOn(client, 'patch').mockImplementationOnce(async (path, body) => {
    wanted = 'Second';
    writer.look(); // as when a watch tells of it
    return await patch(path, body);
  });
  writer.look();
  await expect.poll(reasons, soon).toEqual(['Second']);
});

it('what cannot be said is told, and said when somebody looks again', async () => {
  cluster.server.put(policy('a'));
  let fails = false;
  const stale = (): StaleStatus[] => {
    if (fails) throw new Error('no such selector');
    return stalePolicies(
      cluster.server.list('tsnctl.dev/v1alpha1', 'TsnPolicy') as unknown as ApiObject[],
      new Date().toISOString(),
    );
  };
  const { client } = cluster;
  const writer = cluster.stack.use(
    new StatusWriter({ client, plural: 'tsnpolicies', stale, log: cluster.say, withinMs: 50 }),
  );
  writer.look();
  fails = true;
  await expect
    .poll(() => cluster.log.join(), soon)
    .toContain('the status of tsnpolicies a was not written: Error: no such selector');
  fails = false;
  writer.look();
  const written = () => tsnPolicy.parse(cluster.server.list('tsnctl.dev/v1alpha1', 'TsnPolicy')[0]);
  await expect.poll(() => written().status?.conditions?.[0]?.reason, soon).toBe('Valid');
});
