import type { PodInterface } from '@tsnctl/proxy';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { namespace, node as nodeOf, pod } from '../../test/cluster.ts';
import { state } from '../../test/fleet.ts';
import { useTestCluster } from '../../test/test-cluster.ts';
import { ClusterPolicies } from '../agent/cluster-policies.ts';
import { NodeStateWriter } from '../agent/node-state-writer.ts';
import { PodEvents } from '../agent/pod-events.ts';
import { staleInterfaces } from '../agent/stale-interfaces.ts';
import { stalePolicies } from '../agent/stale-policies.ts';
import { StatusWriter } from '../agent/status-writer.ts';
import { follow } from '../client/follow.ts';
import { type ApiObject, KubeClient } from '../client/kube-client.ts';
import { customPath } from '../client/paths.ts';
import type { TsnNodeStateStatus } from '../crd/tsn-node-state.ts';

// What an agent does in its cluster, with an agent's rights alone; against the API server in this process, or a real
// one: npm run test:cluster, with KUBECONFIG.

const soon = { timeout: 30_000, interval: 50 };
const cluster = useTestCluster();
/** The agent's. */
let client: KubeClient;
let stack: DisposableStack;
let log: string[];
beforeEach(async () => {
  client = await KubeClient.open({ kubeconfig: await cluster().agentKubeconfig() });
  stack = new DisposableStack();
  log = [];
});
afterEach(() => stack.dispose());

const say = (line: string) => void log.push(line);
const policyOf = (name: string, spec: object = {}) => cluster().policy(name, spec);
const isOurs = ({ metadata: { name } }: ApiObject) => name.endsWith(cluster().suffix);
const camera = (): PodInterface => ({
  ifindex: 7,
  name: 'veth7',
  pod: { namespace: cluster().plant, name: 'camera' },
  identified: true,
});

it('a pod is granted what policies grant, follows their changes, and is told of the rest', async () => {
  const { node, plant, suffix } = cluster();
  const annotations = { 'tsnctl.dev/priorities': '3,5' };
  await cluster().put(pod('camera', { namespace: plant, node, annotations }));
  await cluster().put(policyOf('p'));
  const events = stack.use(new PodEvents({ client, node, log: say }));
  const policies = stack.use(new ClusterPolicies({ client, node, log: say, events }));
  const allowed = () => policies.policyFor(camera())?.policy.allow;
  await expect.poll(allowed, soon).toEqual([3]);
  await cluster().put(policyOf('p', { priorities: [3, 5] }));
  await expect.poll(allowed, soon).toEqual([3, 5]);
  await cluster().put(namespace(plant, { line: 'another' }));
  await expect.poll(allowed, soon).toEqual([]);
  await cluster().put(namespace(plant, { line: suffix }));
  await expect.poll(allowed, soon).toEqual([3, 5]);
  const notes = async () => {
    const path = `/apis/events.k8s.io/v1/namespaces/${plant}/events`;
    const found = await cluster().client.list<{ note: string }>(path);
    return found.items.map(({ note }) => note);
  };
  await expect
    .poll(notes, soon)
    .toContain('it asks for priorities 3,5, and no TsnPolicy selects it: it sends priority 0');
  expect(log).toEqual([]);
});

it('an event is taken, however long the names are and whatever the note says', async () => {
  const { plant } = cluster();
  const events = stack.use(new PodEvents({ client, node: `n${'o'.repeat(250)}de`, log: say }));
  const name = `${'p'.repeat(199)}-${'q'.repeat(50)}`;
  events.say({ namespace: plant, name, uid: 'u' }, 'BadAnnotation', `${'é'.repeat(700)} is no priority`);
  const found = async () => {
    const path = `/apis/events.k8s.io/v1/namespaces/${plant}/events`;
    const { items } = await cluster().client.list<{ regarding: { name: string }; note: string }>(path);
    return items.find(({ regarding }) => regarding.name === name)?.note;
  };
  await expect.poll(found, soon).toBe('é'.repeat(512));
  expect(log).toEqual([]);
});

it('the state of a node is written, goes with its node, and is written anew when it has changed', async () => {
  const { node } = cluster();
  const path = customPath('tsnnodestates', node);
  const { status } = state(node) as unknown as { status: TsnNodeStateStatus };
  let mode: 'host' | 'pod' = 'host';
  const admin = cluster().client;
  const { metadata } = await admin.request<ApiObject>('POST', '/api/v1/nodes', { body: nodeOf(node) });
  cluster().adopt(`/api/v1/nodes/${node}`);
  cluster().adopt(path);
  const writer = stack.use(
    new NodeStateWriter({
      client,
      node,
      nodeUid: () => metadata.uid, // of no node that there is: then it would soon be collected
      log: say,
      leastMs: 10,
      describe: () => ({ ...status, mode }),
    }),
  );
  const read = () => admin.request<ApiObject>('GET', path);
  const seen = { ready: true, uplinks: ['eth1'], pods: [] };
  writer.report(seen);
  await expect
    .poll(() => read().catch(() => undefined), soon)
    .toMatchObject({
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: metadata.uid }] },
      status: { mode: 'host', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  mode = 'pod';
  writer.report(seen);
  await expect.poll(read, soon).toMatchObject({ status: { mode: 'pod' } });
  expect(log).toEqual([]);
});

it('the largest state that a node may have is small enough for the API server', async () => {
  const { node } = cluster();
  const path = customPath('tsnnodestates', node);
  const long = (length: number, at: number) => `${at}-`.padEnd(length, 'x');
  const { status } = state(node) as unknown as { status: TsnNodeStateStatus };
  const pods = Array.from({ length: 512 }, (_, at) => ({
    namespace: long(63, at),
    name: long(63, at),
    uid: long(36, at),
    priorities: '1=2,3-15',
    policies: ['cameras', 'drives'],
    withheld: ['priorities 3,5', 'launch times'],
  }));
  const drift = Array.from({ length: 32 }, (_, at) => ({
    code: 'restorer-missing',
    message: long(1024, at),
    cause: long(1024, at),
  }));
  await cluster().create({
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnNodeState',
    metadata: { name: node },
  });
  const written = await client.patch(`${path}/status`, { status: { ...status, pods, drift } });
  expect(written).toMatchObject({ status: { pods, drift } });
});

it('conditions of policies are written, and what is left of them when one of two goes', async () => {
  const { node } = cluster();
  await cluster().put(policyOf('p', { priorities: [3], remap: [{ from: 6, to: 3 }] }));
  await cluster().put(policyOf('q', { priorities: [3, 6] }));
  const events = stack.use(new PodEvents({ client, node, log: say }));
  const writer = stack.use(
    new StatusWriter({
      client,
      plural: 'tsnpolicies',
      stale: () => stalePolicies(policies.objects.filter(isOurs), new Date().toISOString()),
      log: say,
      withinMs: 10,
    }),
  );
  const policies = stack.use(
    new ClusterPolicies({ client, node, log: say, events, onPolicies: () => writer.look() }),
  );
  const conditions = async (name: string) => {
    const { status } = await cluster().client.request<{ status?: { conditions?: Condition[] } }>(
      'GET',
      customPath('tsnpolicies', cluster().named(name)),
    );
    return status?.conditions?.map((it) => `${it.type}=${it.status}`).toSorted();
  };
  await expect.poll(() => conditions('p'), soon).toContain('Overlaps=True');
  await expect.poll(() => conditions('q'), soon).toContain('Accepted=True');
  await cluster().client.request('DELETE', customPath('tsnpolicies', cluster().named('q')));
  await expect.poll(() => conditions('p'), soon).not.toContain('Overlaps=True');
  expect(log).toEqual([]);
});

it('of two nodes the one on which a TsnInterface fails speaks, until that is mended', async () => {
  await cluster().put(cluster().nic('line'));
  const path = customPath('tsninterfaces');
  const matched = {
    type: 'Matched',
    status: 'True',
    reason: 'OneInterface',
    message: 'it means one',
  } as const;
  const inForce = { type: 'Applied', status: 'True', reason: 'InPlace', message: 'as wanted' } as const;
  const failed = { type: 'Applied', status: 'False', reason: 'TooFewQueues', message: 'it has 1' } as const;
  const applied = new Map<string, typeof inForce | typeof failed>([
    ['n1', inForce],
    ['n2', failed],
  ]);
  const writers = [...applied.keys()].map((node) => {
    const writer = stack.use(
      new StatusWriter({
        client,
        plural: 'tsninterfaces',
        log: say,
        withinMs: 300,
        stale: () => {
          const objects = followed.list().filter(isOurs);
          const findings = [matched, applied.get(node) ?? failed];
          const states = objects.map(({ metadata: { name } }) => ({ name, interface: 'eth1', findings }));
          return staleInterfaces({ objects, states, node, now: new Date().toISOString() });
        },
      }),
    );
    return writer;
  });
  const look = () => {
    for (const writer of writers) writer.look();
  };
  const followed = stack.use(
    follow<ApiObject>({ client, path, slim: (object) => object, onChange: look, onTrouble: say }),
  );
  const status = async () =>
    (await cluster().client.request<{ status?: object }>('GET', `${path}/${cluster().named('line')}`)).status;
  const condition = { type: 'Applied', status: 'False', reason: 'TooFewQueues', message: 'n2: it has 1' };
  await expect.poll(status, soon).toMatchObject({
    node: 'n2',
    observedGeneration: 1,
    conditions: [{ type: 'Accepted', status: 'True' }, condition],
  });
  applied.set('n2', inForce);
  look();
  await expect.poll(status, soon).toMatchObject({ conditions: [{}, { type: 'Applied', status: 'True' }] });
  expect(log).toEqual([]);
});

interface Condition {
  readonly type: string;
  readonly status: string;
}

it('an agent may do nothing else', async () => {
  const { plant, node } = cluster();
  await cluster().put(policyOf('p'));
  const forbidden = { status: 403 };
  const [one, all] = [customPath('tsnpolicies', cluster().named('p')), customPath('tsnpolicies')];
  await expect(client.request('GET', one)).rejects.toMatchObject(forbidden);
  await expect(client.patch(one, { spec: { priorities: [15] } })).rejects.toMatchObject(forbidden);
  await expect(client.request('DELETE', one)).rejects.toMatchObject(forbidden);
  await expect(client.request('POST', all, { body: policyOf('mine') })).rejects.toMatchObject(forbidden);
  await expect(client.request('GET', customPath('tsnnodestates', node))).rejects.toMatchObject(forbidden);
  await expect(client.list(`/api/v1/namespaces/${plant}/configmaps`)).rejects.toMatchObject(forbidden);
  const body = { metadata: { labels: { role: 'control' } } };
  await expect(client.patch(`/api/v1/nodes/${node}`, body)).rejects.toMatchObject(forbidden);
});
