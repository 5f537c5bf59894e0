import { addQdisc, addRoute, deleteLink, type NetlinkEvent, setLink } from '@tsnctl/netlink';
import { requires, type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NetlinkEvents, type NetlinkEventsOptions } from './netlink-events.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

let open: DisposableStack;
let ns: TestNamespace;
let seen: NetlinkEvent[];
let lost: number;
beforeEach(() => {
  open = new DisposableStack();
  ns = open.use(testNamespace());
  seen = [];
  lost = 0;
});
afterEach(() => open?.dispose());

function listen(over: Partial<NetlinkEventsOptions> = {}): NetlinkEvents {
  return open.use(
    NetlinkEvents.open({
      netns: ns.netns,
      groups: ['link', 'qdisc', 'route', 'nsid'],
      onEvents: (events) => seen.push(...events),
      onLost: () => lost++,
      ...over,
    }),
  );
}

const links = () => seen.flatMap((event) => (event.what === 'link' ? [event] : []));

it('tells of links, of qdiscs, of default routes and of namespaces, each as it comes and goes', async () => {
  using other = testNamespace();
  listen();
  const index = ns.add({ kind: 'veth', name: 'net0', peer: { name: 'eth0', netnsFd: other.netns.fd } });
  await expect.poll(links).toContainEqual(
    expect.objectContaining({
      gone: false,
      link: expect.objectContaining({ index, name: 'net0', kind: 'veth', linkNetnsid: 0 }),
    }),
  );
  expect(seen).toContainEqual({ what: 'nsid', gone: false });
  ns.socket.request(addQdisc({ index, kind: 'pfifo' }));
  ns.socket.request(setLink({ index: 1, up: true }));
  ns.socket.request(addRoute({ destination: 'default', family: 4, index: 1 }));
  await expect.poll(() => seen).toContainEqual({ what: 'route', gone: false, isDefault: true });
  expect(seen).toContainEqual({
    what: 'qdisc',
    gone: false,
    qdisc: expect.objectContaining({ index, kind: 'pfifo' }),
  });
  ns.socket.request(deleteLink({ index }));
  await expect
    .poll(() => links().filter(({ gone }) => gone))
    .toEqual([{ what: 'link', gone: true, link: expect.objectContaining({ index, name: 'net0' }) }]);
  expect(lost).toBe(0);
});

it('tells nothing of another namespace, nor of groups that nobody asked for', async () => {
  using other = testNamespace();
  listen({ groups: ['qdisc'] });
  other.add({ kind: 'bridge', name: 'br0' });
  const index = ns.add({ kind: 'bridge', name: 'br1' });
  ns.socket.request(addQdisc({ index, kind: 'pfifo' }));
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  expect(new Set(seen.map(({ what }) => what))).toEqual(new Set(['qdisc']));
});

it('says that some were lost, where they come faster than they are read, and goes on', async () => {
  const events = listen({ queueBytes: 2304 });
  const index = ns.add({ kind: 'bridge', name: 'br0' });
  for (let round = 0; round < 50; round++) ns.socket.request(setLink({ index, up: round % 2 === 0 }));
  events.drain();
  expect(lost).toBeGreaterThan(0);
  seen.length = 0;
  ns.socket.request(setLink({ index, mtu: 1400 }));
  await expect.poll(() => links().at(-1)?.link.mtu).toBe(1400);
});
