import type { PodInterface } from '@tsnctl/proxy';
import type { ApiServer } from '@tsnctl/testkit/api-server';
import { describe, expect, it } from 'vitest';
import { AGENT_TOKEN, NODE, namespace, pod, policy } from '../../test/cluster.ts';
import { useCluster } from '../../test/use-cluster.ts';
import { ClusterPolicies } from './cluster-policies.ts';
import { PodEvents } from './pod-events.ts';

const soon = { timeout: 20_000, interval: 10 };
const cluster = useCluster();

async function start(): Promise<ClusterPolicies & { heard: number }> {
  const events = cluster.stack.use(
    new PodEvents({ client: cluster.client, node: NODE, log: cluster.say, everyMs: 20, burst: 3 }),
  );
  const policies = cluster.stack.use(
    new ClusterPolicies({ client: cluster.client, node: NODE, log: cluster.say, events }),
  );
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
const events = () => cluster.server.list('events.k8s.io/v1', 'Event');

describe('a pod gets', () => {
  it('what it asks for and a policy grants, and hears of the rest by an event', async () => {
    cluster.server.put(pod('camera', asks));
    cluster.server.put(policy('cameras', { priorities: [3] }));
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    expect(policies.policyFor(camera)).toEqual({
      policy: { allow: [3], remap: {}, horizonNs: 0n },
      by: 'TsnPolicy cameras',
      withheld: ['priority 5'],
    });
    await expect
      .poll(() => events().map(({ note }) => note), soon)
      .toEqual(['TsnPolicy cameras does not grant priority 5']);
    expect(events()[0]).toMatchObject({
      reason: 'PartlyGranted',
      type: 'Warning',
      regarding: { kind: 'Pod', namespace: 'plant', name: 'camera' },
    });
  });

  it('nothing without a grant, and an event says why', async () => {
    cluster.server.put(pod('camera', asks));
    const policies = await start();
    await expect.poll(() => policies.policyFor(camera)?.by, soon).toBe('no TsnPolicy');
    expect(policies.policyFor(camera)?.policy).toEqual({ allow: [], remap: {}, horizonNs: 0n });
    await expect
      .poll(() => events().map(({ note }) => note), soon)
      .toEqual(['it asks for priorities 3,5, and no TsnPolicy selects it: it sends priority 0']);
  });

  it('nothing where its annotation is wrong', async () => {
    cluster.server.put(policy('all', { priorities: [3] }));
    cluster.server.put(pod('camera', { annotations: { 'tsnctl.dev/priorities': '3,99' } }));
    const policies = await start();
    await expect
      .poll(() => policies.policyFor(camera)?.policy, soon)
      .toEqual({ allow: [], remap: {}, horizonNs: 0n });
    await expect.poll(() => events()[0]?.note, soon).toContain('annotation tsnctl.dev/priorities: "3,99"');
    expect(events()[0]).toMatchObject({ reason: 'BadAnnotation' });
  });

  it('nothing of another one that was made anew under its name', async () => {
    cluster.server.put(policy('cameras', { priorities: [3] }));
    const { metadata } = cluster.server.put(pod('camera', asks));
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    const of = (uid: string) => policies.policyFor({ ...camera, pod: { ...camera.pod, uid } })?.policy.allow;
    expect(of(metadata.uid)).toEqual([3]);
    expect(of('1c0c7a76-3ff6-4a6f-8b3c-0d7c4a0b9a11')).toBeUndefined();
    expect(of('')).toEqual([3]); // a runtime that does not tell it
  });

  it('its grant by the hash of a static pod, and no other pod gets in its way by one', async () => {
    cluster.server.put(policy('cameras', { priorities: [3] }));
    const hash = (uid: string) => ({ 'kubernetes.io/config.hash': uid });
    const { metadata } = cluster.server.put(pod('camera', asks));
    cluster.server.put(pod('static', { annotations: { ...asks.annotations, ...hash('a'.repeat(32)) } }));
    const thief = { 'tsnctl.dev/priorities': '7', ...hash(metadata.uid) };
    cluster.server.put(pod('thief', { annotations: thief }));
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    const of = (uid: string) => policies.policyFor({ ...camera, pod: { uid } })?.policy.allow;
    expect([of('a'.repeat(32)), of(metadata.uid)]).toEqual([[3], [3]]);
  });

  it('nothing of its own where it does not ask, and other nodes and namespaces are none of its', async () => {
    cluster.server.put(policy('line', { namespaceSelector: { matchLabels: { line: '1' } } }));
    cluster.server.put(pod('quiet'));
    cluster.server.put(pod('camera', { ...asks, namespace: 'office' }));
    cluster.server.put(pod('elsewhere', { ...asks, node: 'node-2' }));
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
    cluster.server.put(pod('camera', asks));
    cluster.server.put(policy('line', { namespaceSelector: { matchLabels: { line: '2' } } }));
    await expect.poll(() => allowed(policies), soon).toEqual([]);
    cluster.server.put(namespace('plant', { line: '2' }));
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    cluster.server.put(policy('line', { namespaceSelector: {}, priorities: [3, 5] }));
    await expect.poll(() => allowed(policies), soon).toEqual([3, 5]);
    cluster.server.put(pod('camera', { annotations: { 'tsnctl.dev/priorities': '5' } }));
    await expect.poll(() => allowed(policies), soon).toEqual([5]);
    cluster.server.delete('tsnctl.dev/v1alpha1', 'TsnPolicy', 'line');
    await expect.poll(() => allowed(policies), soon).toEqual([]);
    cluster.server.delete('v1', 'Pod', 'camera', 'plant');
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
    cluster.server.put(pod('camera', asks));
    cluster.server.put(policy('cameras', { priorities: [3] }));
    const policies = await start();
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    disturb(cluster.server);
    cluster.server.put(policy('cameras', { priorities: [5] }));
    await expect.poll(() => allowed(policies), soon).toEqual([5]);
    cluster.server.delete('v1', 'Pod', 'camera', 'plant');
    await expect.poll(() => policies.policyFor(camera), soon).toBeUndefined();
  });

  it('answers from what it knows while the server is away, and catches up', async () => {
    cluster.server.put(pod('camera', asks));
    cluster.server.put(policy('cameras', { priorities: [3] }));
    const policies = await start();
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    await cluster.server.down();
    cluster.server.put(policy('cameras', { priorities: [5] }));
    await expect.poll(() => cluster.log.join('\n'), soon).toContain('tried again until it answers');
    expect(allowed(policies)).toEqual([3]);
    await cluster.server.up();
    await expect.poll(() => allowed(policies), soon).toEqual([5]);
  });

  it('knows nothing before it has seen all, and says so', async () => {
    await cluster.server.down();
    const policies = await start();
    expect(policies.isSynced).toBe(false);
    expect(policies.policyFor(camera)).toBeUndefined();
    await cluster.server.up();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
  });

  it('bookmarks: an end of a quiet watch costs no list', async () => {
    cluster.server.bookmarkMs = 20;
    const policies = await start();
    await expect.poll(() => policies.isSynced, soon).toBe(true);
    const lists = () => cluster.server.served.filter(({ verb }) => verb === 'list').length;
    const before = lists();
    for (let at = 0; at < 20; at++) cluster.server.put(pod(`other-${at}`, { node: 'node-2' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    cluster.server.store.compact(); // older versions than that are gone
    await new Promise((resolve) => setTimeout(resolve, 200));
    cluster.server.endWatches();
    cluster.server.put(pod('camera', asks));
    await expect.poll(() => policies.policyFor(camera)?.by, soon).toBe('no TsnPolicy');
    expect(lists()).toBe(before);
  });

  it('tells those who listen of what concerns this node, not of a pod that got ready', async () => {
    cluster.server.put(pod('camera', asks));
    const policies = await start();
    await expect.poll(() => policies.heard, soon).toBe(1);
    cluster.server.put({ ...pod('camera', asks), status: { phase: 'Running' } });
    cluster.server.put(pod('elsewhere', { ...asks, node: 'node-2' }));
    cluster.server.put(policy('cameras', { priorities: [3] }));
    await expect.poll(() => allowed(policies), soon).toEqual([3]);
    expect(policies.heard).toBe(2);
  });

  it('many pods that ask in vain: each is told once, few at a time', async () => {
    for (let at = 0; at < 8; at++) cluster.server.put(pod(`camera-${at}`, asks));
    await start();
    await expect.poll(() => events().length, soon).toBe(8);
    cluster.server.put(policy('other', { namespaceSelector: { matchLabels: { line: '9' } } }));
    cluster.server.endWatches();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(events().length).toBe(8);
  });
});

it('does what its ClusterRole allows, and asks for no more', async () => {
  cluster.server.put(pod('camera', asks));
  const policies = await start();
  await expect.poll(() => policies.isSynced && events().length, soon).toBe(1);
  expect(cluster.server.served.filter(({ status }) => status >= 400)).toEqual([]);
  const pods = cluster.server.served.filter(({ resource }) => resource === 'pods');
  expect(pods.every(({ url }) => url.includes('fieldSelector=spec.nodeName%3Dnode-1'))).toBe(true);
});
