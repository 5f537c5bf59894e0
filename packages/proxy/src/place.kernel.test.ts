import { NetlinkSocket, NetNs } from '@tsnctl/linux';
import { listLinks } from '@tsnctl/netlink';
import { requires, type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { at, Peers } from './place.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

function givenPods(count: number) {
  const held = new DisposableStack();
  onTestFinished(() => held.dispose());
  const home = held.use(testNamespace());
  const pods = Array.from({ length: count }, (_, number) => {
    const pod = held.use(testNamespace());
    const peer = { name: `end${number}`, netnsFd: pod.netns.fd };
    return { pod, host: home.add({ kind: 'veth', name: `host${number}`, peer }) };
  });
  return { home, pods };
}

const endOf = (home: TestNamespace, ifindex: number, peers: Peers, path?: string) =>
  at(
    home.netns,
    { ifindex, role: 'pod_saver', ...(path !== undefined && { netns: path }) },
    ({ netns, ifindex: end }) => {
      using socket = NetlinkSocket.open({ netns });
      return socket.request(listLinks()).find(({ index }) => index === end)?.name;
    },
    peers,
  );

describe('Peers', () => {
  it('finds the end of each pair, and opens no namespace twice to search it', () => {
    const { home, pods } = givenPods(5);
    const open = vi.spyOn(NetNs, 'open');
    onTestFinished(() => open.mockRestore());
    const peers = new Peers(home.netns);
    const ends = () => pods.map(({ host }) => endOf(home, host, peers));
    const all = pods.map((_, number) => `end${number}`);
    expect(ends()).toEqual(all);
    const searched = open.mock.calls.map(([path]) => path);
    const known = pods.map(({ pod }) => `/run/netns/${pod.name}`);
    for (const path of searched.filter((one) => !known.includes(one)))
      expect(searched.filter((other) => other === path)).toEqual([path]);
    open.mockClear();
    expect(ends()).toEqual(all);
    expect(open.mock.calls.map(([path]) => path)).toEqual(known);
  });

  it('opens the namespace that is named, and searches none', () => {
    const { home, pods } = givenPods(3);
    const [, second, third] = pods as [(typeof pods)[number], (typeof pods)[number], (typeof pods)[number]];
    const pathOf = ({ pod }: typeof second) => `/run/netns/${pod.name}`;
    const open = vi.spyOn(NetNs, 'open');
    onTestFinished(() => open.mockRestore());
    expect(endOf(home, third.host, new Peers(home.netns), pathOf(third))).toBe('end2');
    expect(open.mock.calls).toEqual([[pathOf(third)]]);
    expect(endOf(home, third.host, new Peers(home.netns), pathOf(second))).toBe('end2');
    expect(endOf(home, third.host, new Peers(home.netns), '/run/netns/no-such-namespace')).toBe('end2');
  });

  it('does not take another namespace that has the name by now for the one that had it', () => {
    const { home, pods } = givenPods(1);
    const peers = new Peers(home.netns);
    const { pod, host } = pods[0] as (typeof pods)[number];
    expect(endOf(home, host, peers)).toBe('end0');
    NetNs.remove(pod.name);
    NetNs.create(pod.name)[Symbol.dispose]();
    expect(() => endOf(home, host, peers)).toThrow(
      'the namespace of the pod behind host0 is not to be found',
    );
  });
});
