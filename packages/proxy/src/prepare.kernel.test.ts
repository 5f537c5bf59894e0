import { requires, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { BpfLink } from 'libbpf-ts';
import { beforeEach, expect, it } from 'vitest';
import { podSavers } from '../test/pod-savers.ts';
import { addPod, addUplink, combine } from './intent.ts';
import { MetadataProxy } from './metadata-proxy.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [6, 11] }));

const POLICY = { allow: [3], remap: {}, horizonNs: 0n };

/** A node with an uplink, and pods that are stripped. */
function givenNode({ keepMs = 60_000 } = {}) {
  const resources = new DisposableStack();
  const bpffs = resources.use(testBpffs());
  const [node, pod] = [resources.use(testNamespace()), resources.use(testNamespace())];
  const proxy = resources.use(new MetadataProxy(node.netns, { bpffs: bpffs.path, keepMs }));
  node.add({ name: 'up0', kind: 'bridge' });
  const pods = ['first', 'second'].map((name) =>
    node.add({ name, kind: 'veth', peer: { name, netnsFd: pod.netns.fd } }),
  ) as [number, number];
  const carry = (name: string) =>
    proxy.change(combine([addPod(name, POLICY, { mode: 'pod' })])).map(({ do: kind }) => kind);
  return { node, proxy, pods, carry, [Symbol.dispose]: () => resources.dispose() };
}

function inside({ pins }: MetadataProxy, ifindex: number): number {
  using link = BpfLink.pinned(pins.link(ifindex, 'inside'));
  return link.info().programId;
}

it('loads what a pod will need, and the change that needs it loads nothing', () => {
  using given = givenNode();
  const { proxy, pods, carry } = given;
  proxy.change(addUplinkOnly);
  expect(podSavers(proxy)).toEqual([]);
  proxy.prepare(pods[0]);
  const [object, ready, ...others] = podSavers(proxy); // one that the others are made from, and the pod's
  expect([object, ready, others]).toEqual([expect.any(Number), expect.any(Number), []]);
  expect(carry('first')).toEqual(['set-pod', 'attach', 'switch']);
  expect(podSavers(proxy)).toEqual([object, ready]);
  expect(inside(proxy, pods[0])).toBe(ready);
});

it('is not in the way of a pod that nothing was loaded for', () => {
  using given = givenNode();
  const { proxy, pods, carry } = given;
  proxy.change(addUplinkOnly);
  proxy.prepare(pods[0]);
  const before = podSavers(proxy);
  carry('second');
  expect(before).not.toContain(inside(proxy, pods[1]));
});

it('does nothing for a pod that has its program, or that nobody knows, nor before a first change', () => {
  using given = givenNode();
  const { proxy, pods, carry } = given;
  proxy.prepare(pods[0]);
  proxy.change(addUplinkOnly);
  carry('first');
  const attached = podSavers(proxy);
  for (const ifindex of [pods[0], 999]) proxy.prepare(ifindex);
  expect(podSavers(proxy)).toEqual(attached);
});

it('does nothing where programs are not kept', () => {
  using given = givenNode({ keepMs: 0 });
  const { proxy, pods } = given;
  proxy.change(addUplinkOnly);
  proxy.prepare(pods[0]);
  expect(podSavers(proxy)).toEqual([]);
});

const addUplinkOnly = combine([addUplink('up0', 'mono')]);
