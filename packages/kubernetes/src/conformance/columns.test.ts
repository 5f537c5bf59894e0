import { expect, it } from 'vitest';
import { drift, state } from '../../test/fleet.ts';
import { useTestCluster } from '../../test/test-cluster.ts';
import { customPath } from '../client/paths.ts';

// What `kubectl get` prints, by the API server in this process, or a real one: npm run test:cluster, with KUBECONFIG.

const cluster = useTestCluster();
const lastTransitionTime = new Date().toISOString();
const rowsOf = (plural: string, name: string) =>
  cluster().table(customPath(plural), { fieldSelector: `metadata.name=${name}` });
const age = expect.stringMatching(/^\d+s$/);

it('a TsnPolicy, before and after somebody has looked at it', async () => {
  const name = cluster().named('p');
  await cluster().put(cluster().policy('p', { priorities: [3, 5], launchTime: { horizon: '20ms' } }));
  const columns = { Name: name, Priorities: '[3,5]', Horizon: '20ms', Age: age };
  expect(await rowsOf('tsnpolicies', name)).toEqual([
    { ...columns, Accepted: null, Reason: null, Overlaps: null },
  ]);
  const conditions = [
    { type: 'Overlaps', status: 'False', reason: 'NoOverlap', message: 'x', lastTransitionTime },
    { type: 'Accepted', status: 'True', reason: 'Valid', message: 'x', lastTransitionTime },
  ];
  await cluster().client.patch(customPath('tsnpolicies', name, 'status'), { status: { conditions } });
  expect(await rowsOf('tsnpolicies', name)).toEqual([
    { ...columns, Accepted: 'True', Reason: 'Valid', Overlaps: 'False' },
  ]);
});

it('a TsnInterface', async () => {
  const name = cluster().named('i');
  const match = { name: 'eth1', driver: 'igc' };
  await cluster().put(cluster().nic('i', { match, schedule: { qdisc: 'taprio' } }));
  const conditions = [
    { type: 'Accepted', status: 'True', reason: 'Valid', message: 'x', lastTransitionTime },
    { type: 'Applied', status: 'False', reason: 'TooFewQueues', message: 'it has 1', lastTransitionTime },
  ];
  await cluster().client.patch(customPath('tsninterfaces', name, 'status'), { status: { conditions } });
  expect(await rowsOf('tsninterfaces', name)).toEqual([
    {
      Name: name,
      Interface: 'eth1',
      Driver: 'igc',
      Clock: 'auto',
      Qdisc: 'taprio',
      Accepted: 'True',
      Applied: 'False',
      Reason: 'TooFewQueues',
      Message: 'it has 1',
      Age: age,
    },
  ]);
});

it('a TsnNodeState, with all of its uplinks', async () => {
  const { node, client } = cluster();
  const name = cluster().named('state');
  await cluster().create({ apiVersion: 'tsnctl.dev/v1alpha1', kind: 'TsnNodeState', metadata: { name } });
  const uplinkNames = 'eth1,eth2';
  const { status } = state(node, { uplinkNames, drift: [drift] }, lastTransitionTime) as { status?: object };
  await client.patch(customPath('tsnnodestates', name, 'status'), { status });
  expect(await rowsOf('tsnnodestates', name)).toEqual([
    {
      Name: name,
      Ready: 'True',
      Reason: 'AsWanted',
      Uplinks: 'eth1,eth2',
      Pods: 1,
      Mode: 'host',
      Kernel: '6.12.1',
      Version: '0.1.0',
      Seen: age,
    },
  ]);
});
