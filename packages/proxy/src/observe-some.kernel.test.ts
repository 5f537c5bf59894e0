import { deleteLink } from '@tsnctl/netlink';
import { requires, type TestNamespace, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { addPod, addUplink, combine } from './intent.ts';
import { MetadataProxy } from './metadata-proxy.ts';
import type { Observed } from './model.ts';
import { observe } from './observe.ts';
import { observeSome, onlyThese } from './observe-some.ts';
import { Pins } from './pins.ts';
import { Tables } from './tables.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [6, 11] }));

const POLICY = { allow: [3], remap: {}, horizonNs: 0n };

/** A node with an uplink and pods of all kinds. */
function givenNode() {
  const resources = new DisposableStack();
  const bpffs = resources.use(testBpffs());
  const [node, pod] = [resources.use(testNamespace()), resources.use(testNamespace())];
  const proxy = resources.use(new MetadataProxy(node.netns, { bpffs: bpffs.path, keepMs: 60_000 }));
  const pins = new Pins(node.netns.cookie, bpffs.path);
  const uplink = node.add({ name: 'up0', kind: 'bridge' });
  const pods = ['plain', 'saved', 'inside'].map((name) => addPodLink(node, pod, name));
  proxy.change(
    combine([
      addUplink('up0', 'mono'),
      addPod('saved', POLICY, { mode: 'host' }),
      addPod('inside', POLICY, { mode: 'pod' }),
    ]),
  );
  return { node, pod, proxy, pins, uplink, pods, [Symbol.dispose]: () => resources.dispose() };
}

function addPodLink(node: TestNamespace, pod: TestNamespace, name: string): number {
  return node.add({ name, kind: 'veth', peer: { name, netnsFd: pod.netns.fd } });
}

it('sees of a few pods what a look at all sees of them', () => {
  using given = givenNode();
  const { node, pins, pods } = given;
  const observed = observe(node.netns, pins);
  using tables = new Tables(pins);
  for (const some of [[], [pods[0]], [pods[1]], [pods[1], pods[2]], pods, [999]]) {
    const only = new Set(some as number[]);
    const seen = observeSome(node.netns, pins, only, { observed, tables });
    expect(sorted(seen)).toEqual(sorted(onlyThese(observed, only)));
    const again = observeSome(node.netns, pins, only, { observed, tables, ...(seen && { before: seen }) });
    expect(sorted(again)).toEqual(sorted(seen));
  }
});

it('sees what has come and gone since', () => {
  using given = givenNode();
  const { node, pod, pins, pods } = given;
  const observed = observe(node.netns, pins);
  using tables = new Tables(pins);
  const fresh = addPodLink(node, pod, 'fresh');
  node.socket.request(deleteLink({ index: pods[1] as number }));
  const only = new Set([fresh, pods[1] as number]);
  const seen = observeSome(node.netns, pins, only, { observed, tables });
  expect(seen?.interfaces.map(({ name }) => name).toSorted()).toEqual(['fresh', 'lo', 'up0']);
  expect(seen?.stale).toEqual([pins.link(pods[1] as number, 'ingress')]);
  expect(sorted(seen)).toEqual(sorted(onlyThese(observe(node.netns, pins), only)));
});

it('is not enough where an uplink has gone or lost its program, or where there is none', () => {
  using given = givenNode();
  const { node, pins, pods, uplink } = given;
  const observed = observe(node.netns, pins);
  using tables = new Tables(pins);
  const some = (known: Observed) => observeSome(node.netns, pins, new Set(pods), { observed: known, tables });
  expect(some(observed)).toBeDefined();
  const noUplink = observed.interfaces.filter(({ ifindex }) => ifindex !== uplink);
  expect(some({ ...observed, interfaces: noUplink })).toBeUndefined();
  const filters = observed.attachments.map((found) => ({ ...found, via: 'clsact' as const }));
  expect(some({ ...observed, attachments: filters })).toBeUndefined();
  node.socket.request(deleteLink({ index: uplink }));
  expect(some(observed)).toBeUndefined();
});

it('carries a change out that is about one pod, and leaves the others as they are', () => {
  using given = givenNode();
  const { node, pod, proxy } = given;
  const before = proxy.observe();
  const fresh = addPodLink(node, pod, 'fresh');
  const other = addPodLink(node, pod, 'other');
  const steps = proxy.change(
    combine([addPod('fresh', POLICY, { mode: 'host' })]),
    undefined,
    new Set([fresh]),
  );
  expect(steps.map(({ do: kind }) => kind)).toEqual(['set-pod', 'attach', 'switch']);
  const after = proxy.observe();
  const without = (observed: Observed) => observed.attachments.filter(({ ifindex }) => ifindex !== fresh);
  expect(without(after)).toEqual(without(before)); // `other` is stripped by the next look at all
  expect(
    proxy.plan(combine([])).map(({ do: kind, ...step }) => [kind, 'ifindex' in step && step.ifindex]),
  ).toEqual([
    ['set-pod', other],
    ['attach', other],
  ]);
});

function sorted(observed: Observed | undefined) {
  const byIndex = <T extends { ifindex: number }>(list: readonly T[] = []) =>
    list.toSorted((a, b) => a.ifindex - b.ifindex);
  return {
    ...observed,
    interfaces: byIndex(observed?.interfaces).map(({ qdiscs: _, ...link }) => link), // those of pods are not looked at
    attachments: byIndex(observed?.attachments),
    pods: byIndex(observed?.pods),
  };
}
