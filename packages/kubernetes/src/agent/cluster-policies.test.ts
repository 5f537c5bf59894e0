import type { PodInterface } from '@tsnctl/proxy';
import type { ApiServer } from '@tsnctl/testkit/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_TOKEN, NODE, namespace, pod, policy, startCluster } from '../../test/cluster.ts';
import { KubeClient } from '../client/kube-client.ts';
import { ClusterPolicies } from './cluster-policies.ts';
import { PodEvents } from './pod-events.ts';

const soon = { timeout: 20_000, interval: 10 };
let server: ApiServer;
let stack: DisposableStack;
let log: string[];
beforeEach(async () => {
  server = await startCluster();
  stack = new DisposableStack();
  log = [];
});
afterEach(async () => {
  stack.dispose();
  await server[Symbol.asyncDispose]();
});

async function start(): Promise<ClusterPolicies & { heard: number }> {
  const client = await KubeClient.open({ kubeconfig: server.kubeconfig(AGENT_TOKEN) });
  const say = (line: string) => void log.push(line);
  const events = stack.use(new PodEvents({ client, node: NODE, log: say, everyMs: 20, burst: 3 }));
  const policies = stack.use(new ClusterPolicies({ client, node: NODE, log: say, events }));
  const counted = Object.assign(policies, { heard: 0 });
  policies.subscribe(() => counted.heard++);
  return counted;
}

const camera: PodInterface = {
  ifindex: 7,
  name: 'veth7',
  pod: { namespace: 'plant', name: 'camera' },
  identified: true,
};
const asks = { annotations: { 'tsnctl.dev/priorities': '3,5' } };
const events = () => server.list('events.k8s.io/v1', 'Event');

describe('a pod gets', () => {
  it('what it asks for and a policy grants, and hears of the rest by an event', async () => {
    server.put(pod('camera', asks));
    server.put(policy('cameras', { priorities: [3] }));
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    expect(policies.policyFor(camera)).toEqual({
      policy: { allow: [3], remap: {}, horizonNs: 0n },
      by: 'TsnPolicy cameras',
      withheld: ['priorities 5'],
    });
    await expect
      .poll(() => events().map(({ note }) => note), soon)
      .toEqual(['TsnPolicy cameras does not grant priorities 5']);
    expect(events()[0]).toMatchObject({
      reason: 'PartlyGranted',
      type: 'Warning',
      regarding: { kind: 'Pod', namespace: 'plant', name: 'camera' },
    });
  });

  it('nothing without a grant, and an event says why', async () => {
    server.put(pod('camera', asks));
    const policies = await start();
    await expect.poll(() => policies.policyFor(camera)?.by, soon).toBe('no TsnPolicy');
    expect(policies.policyFor(camera)?.policy).toEqual({ allow: [], remap: {}, horizonNs: 0n });
    await expect
      .poll(() => events().map(({ note }) => note), soon)
      .toEqual(['it asks for priorities 3,5, and no TsnPolicy selects it: it sends priority 0']);
  });

  it('nothing where its annotation is wrong', async () => {
    server.put(policy('all', { priorities: [3] }));
    server.put(pod('camera', { annotations: { 'tsnctl.dev/priorities': '3,99' } }));
    const policies = await start();
    await expect
      .poll(() => policies.policyFor(camera)?.policy, soon)
      .toEqual({ allow: [], remap: {}, horizonNs: 0n });
    await expect.poll(() => events()[0]?.note, soon).toContain('annotation tsnctl.dev/priorities: "3,99"');
    expect(events()[0]).toMatchObject({ reason: 'BadAnnotation' });
  });

  it('nothing of its own where it does not ask, and other nodes and namespaces are none of its', async () => {
    server.put(policy('line', { namespaceSelector: { matchLabels: { line: '1' } } }));
    server.put(pod('quiet'));
    server.put(pod('camera', { ...asks, namespace: 'office' }));
    server.put(pod('elsewhere', { ...asks, node: 'node-2' }));
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    expect(policies.policyFor({ ...camera, pod: { namespace: 'plant', name: 'quiet' } })).toBeUndefined();
    expect(
      policies.policyFor({ ...camera, pod: { namespace: 'office', name: 'camera' } })?.policy.allow,
    ).toEqual([]);
    expect(policies.podCount).toBe(2);
  });
});

describe('it follows', () => {
  const allowed = (policies: ClusterPolicies) => policies.policyFor(camera)?.policy.allow;

  it('policies, labels and annotations as they change', async () => {
    const policies = await start();
    server.put(pod('camera', asks));
    server.put(policy('line', { namespaceSelector: { matchLabels: { line: '2' } } }));
    await expect.poll(() => allowed(policies), soon).toEqual([]);
    server.put(namespace('plant', { line: '2' }));
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    server.put(policy('line', { namespaceSelector: {}, priorities: [3, 5] }));
    await expect.poll(() => allowed(policies), soon).toEqual([3, 5]);
    server.put(pod('camera', { annotations: { 'tsnctl.dev/priorities': '5' } }));
    await expect.poll(() => allowed(policies), soon).toEqual([5]);
    server.delete('tsnctl.dev/v1alpha1', 'TsnPolicy', 'line');
    await expect.poll(() => allowed(policies), soon).toEqual([]);
    server.delete('v1', 'Pod', 'camera', 'plant');
    await expect.poll(() => policies.policyFor(camera), soon).toBeUndefined();
  });

  it.each([
    ['a connection that is cut', (it: ApiServer) => it.cut()],
    ['a watch that the server ends', (it: ApiServer) => it.endWatches()],
    [
      'a history that is gone: 410',
      (it: ApiServer) => {
        it.store.compact();
        it.cut();
      },
    ],
    [
      'a connection that is cut, by a server that answers slowly',
      (it: ApiServer) => {
        it.delayMs = 400;
        it.cut();
      },
    ],
    [
      'a server that fails for a while',
      (it: ApiServer) => {
        it.failing = { times: 6, code: 500 };
        it.cut();
      },
    ],
    [
      'a token that has run out, until it is renewed',
      (it: ApiServer) => {
        const rights = it.tokens.get(AGENT_TOKEN);
        it.tokens.delete(AGENT_TOKEN);
        it.cut();
        setTimeout(() => rights && it.tokens.set(AGENT_TOKEN, rights), 500);
      },
    ],
  ])('on after %s', async (_, disturb) => {
    server.put(pod('camera', asks));
    server.put(policy('cameras', { priorities: [3] }));
    const policies = await start();
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    disturb(server);
    server.put(policy('cameras', { priorities: [5] }));
    await expect.poll(() => allowed(policies), soon).toEqual([5]);
    server.delete('v1', 'Pod', 'camera', 'plant');
    await expect.poll(() => policies.policyFor(camera), soon).toBeUndefined();
  });

  it('answers from what it knows while the server is away, and catches up', async () => {
    server.put(pod('camera', asks));
    server.put(policy('cameras', { priorities: [3] }));
    const policies = await start();
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    await server.down();
    server.put(policy('cameras', { priorities: [5] }));
    await expect.poll(() => log.join('\n'), soon).toContain('tried again until it answers');
    expect(allowed(policies)).toEqual([3]);
    await server.up();
    await expect.poll(() => allowed(policies), soon).toEqual([5]);
  });

  it('knows nothing before it has seen all, and says so', async () => {
    await server.down();
    const policies = await start();
    expect(policies.isSynced).toBe(false);
    expect(policies.policyFor(camera)).toBeUndefined();
    await server.up();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
  });

  it('bookmarks: an end of a quiet watch costs no list', async () => {
    server.bookmarkMs = 20;
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    const lists = () => server.served.filter(({ verb }) => verb === 'list').length;
    const before = lists();
    for (let at = 0; at < 20; at++) server.put(pod(`other-${at}`, { node: 'node-2' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.store.compact(); // older versions than that are gone
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.endWatches();
    server.put(pod('camera', asks));
    await expect.poll(() => policies.policyFor(camera)?.by, soon).toBe('no TsnPolicy');
    expect(lists()).toBe(before);
  });

  it('tells those who listen of what concerns this node, not of a pod that got ready', async () => {
    server.put(pod('camera', asks));
    const policies = await start();
    await expect.poll(() => policies.heard, soon).toBe(1);
    server.put({ ...pod('camera', asks), status: { phase: 'Running' } });
    server.put(pod('elsewhere', { ...asks, node: 'node-2' }));
    server.put(policy('cameras', { priorities: [3] }));
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    expect(policies.heard).toBe(2);
  });

  it('many pods that ask in vain: each is told once, few at a time', async () => {
    for (let at = 0; at < 8; at++) server.put(pod(`camera-${at}`, asks));
    await start();
    await expect.poll(() => events().length, soon).toBe(8);
    server.put(policy('other', { namespaceSelector: { matchLabels: { line: '9' } } }));
    server.endWatches();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(events().length).toBe(8);
  });
});

it('does what its ClusterRole allows, and asks for no more', async () => {
  server.put(pod('camera', asks));
  const policies = await start();
  await expect.poll(() => policies.isSynced && events().length, soon).toBe(1);
  expect(server.served.filter(({ status }) => status >= 400)).toEqual([]);
  const pods = server.served.filter(({ resource }) => resource === 'pods');
  expect(pods.every(({ url }) => url.includes('fieldSelector=spec.nodeName%3Dnode-1'))).toBe(true);
});
