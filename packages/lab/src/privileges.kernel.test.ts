import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { clockNs, NetNs, systemCall } from '@tsnctl/linux';
import { deleteLink, setLink } from '@tsnctl/netlink';
import type { Policy } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { words } from '../test/forge.ts';
import { NEEDS, Plane, record, until } from '../test/plane.ts';
import { unprivileged, withNetAdmin, withNetRaw } from '../test/rights.ts';
import { Socket } from '../test/socket.ts';
import { word } from '../test/word.ts';
import { at, on } from './addresses.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import type { Observation } from './observer.ts';
import { NIC, routeDefault } from './stage.ts';

// What docs/security.md says that each party can do and cannot do, line by line.

useLeakCheck();
beforeEach((context) => requires(context, { ...NEEDS, programs: ['ip', 'tc', 'nft', 'setpriv', 'unshare'] }));

const SECOND = 1_000_000_000n;
const POLICY: Policy = { allow: [3, 9], remap: {}, horizonNs: 10n * SECOND };
const REFUSED = expect.objectContaining({ code: 'EPERM' });
const AF_PACKET = 17;
const SOCK_RAW = 3;
const GATEWAY = at('pods', 1)[4];
const HIGH = [7, 8, 9, 10, 11, 12, 13, 14, 15];
const SIX =
  'add table inet f; add chain inet f o { type filter hook output priority 0; }; add rule inet f o meta priority set 0:6';

/** What a pod may do to its own interface with CAP_NET_ADMIN. */
const DEEDS: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  'sets priorities by nftables': [['nft', SIX]],
  'has qdiscs of its own': [
    'tc qdisc add dev eth0 root handle 1: htb default 1',
    'tc class add dev eth0 parent 1: classid 1:1 htb rate 1gbit',
  ],
  'changes its hardware address': ['ip link set eth0 address 02:00:00:00:00:66'],
  'renames its interface': [
    'ip link set eth0 down',
    'ip link set eth0 name lan0 up',
    `ip route replace default via ${GATEWAY} dev lan0`,
  ],
};
let seq = 0; // records are told apart, and sorted, by it
const socket = systemCall('int socket(int domain, int type, int protocol)');

describe('a process in a pod without capabilities', () => {
  it('may ask for priorities up to 6 and for CLOCK_MONOTONIC, and for nothing else', async () => {
    await using lab = Lab.create();
    const { pod } = new Plane(lab).stage;
    using udp = Socket.open(pod, 'udp', 4);
    unprivileged(() => {
      for (const priority of [0, 1, 2, 3, 4, 5, 6]) udp.priority(priority);
      for (const priority of HIGH) expect(() => udp.priority(priority)).toThrow(REFUSED);
      udp.txtime('mono');
      expect(() => udp.txtime('tai')).toThrow(REFUSED);
    });
    pod.netns.run(() => unprivileged(() => expect(() => socket(AF_PACKET, SOCK_RAW, 0)).toThrow(REFUSED)));
    const index = pod.index('eth0');
    for (const request of [setLink({ index, up: false }), deleteLink({ index })])
      expect(() => unprivileged(() => pod.request(request))).toThrow(REFUSED);
  });

  it('gains nothing by a user namespace of its own, where it has every capability', async () => {
    await using lab = Lab.create();
    const { pod } = new Plane(lab).stage;
    const own = '--reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user'.split(' ');
    const inOwn =
      (...command: string[]) =>
      () =>
        pod.run(['setpriv', ...own, ...command]);
    expect(inOwn('ip', 'link', 'show', 'eth0')()).toContain('eth0');
    expect(inOwn('ip', 'link', 'set', 'eth0', 'down')).toThrow('Operation not permitted');
    expect(inOwn('tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact')).toThrow('Operation not permitted');
  });
});

describe('a process in a pod with CAP_NET_RAW', () => {
  it.for([
    ['a policy', POLICY, { sees: 9, counts: { saved: 1n, denied: 8n } }],
    ['none', undefined, { sees: 0, counts: {} }],
  ] as const)('asks for 7 to 15, and gets what the policy says: %s', async ([, policy, wanted]) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, policy ? { policy } : {});
    for (const priority of HIGH) sendOne(withNetRaw, plane.stage.pod, plane, { priority });
    const got = (await plane.seen(HIGH.length)).map(priorities);
    expect(got).toEqual(HIGH.map((asked) => ({ asked, sees: asked === wanted.sees ? asked : 0 })));
    expect(plane.counted().pod).toEqual(wanted.counts);
  });

  it('changes no interface and no qdisc, and has no CLOCK_TAI', async () => {
    await using lab = Lab.create();
    const { pod } = new Plane(lab).stage;
    const request = setLink({ index: pod.index('eth0'), address: '02:00:00:00:00:66' });
    expect(() => withNetRaw(() => pod.request(request))).toThrow(REFUSED);
    using udp = Socket.open(pod, 'udp', 4);
    expect(() => withNetRaw(() => udp.txtime('tai'))).toThrow(REFUSED);
  });
});

describe('a process in a pod with CAP_NET_ADMIN', () => {
  it.for([
    ['within the horizon', POLICY, SECOND, true],
    ['beyond it', POLICY, 60n * SECOND, false],
    ['without a policy, as without a proxy', undefined, SECOND, true],
  ] as const)(
    'asks for times in CLOCK_TAI, judged like any other: %s',
    async ([, policy, aheadNs, carried]) => {
      await using lab = Lab.create();
      const plane = new Plane(lab, { clock: 'tai', ...(policy ? { policy } : {}) });
      const launchTimeNs = clockNs('tai') + aheadNs;
      sendOne(withNetAdmin, plane.stage.pod, plane, { priority: 3, clock: 'tai', launchTimeNs });
      expect(await plane.seen(1)).toMatchObject([
        { priority: policy ? 3 : 0, tstamp: carried ? launchTimeNs : 0n },
      ]);
    },
  );

  it.for(Object.keys(DEEDS))('gets what its policy says, though it %s', async (name) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY });
    for (const command of DEEDS[name] ?? expect.fail())
      asNetAdmin(plane.stage.pod, ...(typeof command === 'string' ? command.split(' ') : command));
    for (const priority of [3, 6]) sendOne(withNetAdmin, plane.stage.pod, plane, { priority });
    expect((await plane.seen(2)).map(({ priority }) => priority)).toEqual([3, 0]);
    expect(plane.counted().pod).toMatchObject({ saved: 1n, denied: 1n });
  });

  it('gets what its policy says by a macvlan on its own interface, in a namespace of its own', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY });
    const { pod } = plane.stage;
    const inner = lab.host('inner');
    pod.add({ kind: 'macvlan', name: 'mv0', mode: 'bridge', link: pod.index('eth0') });
    pod.move('mv0', inner, 'eth0');
    inner.address('eth0', ...on('pods', 9));
    routeDefault(inner, at('pods', 1));
    for (const priority of [3, 6]) sendOne(withNetAdmin, inner, plane, { priority });
    expect((await plane.seen(2)).map(({ priority }) => priority)).toEqual([3, 0]);
  });

  it('in pod mode without its pod_saver has no priority, and no more than its policy by a forged word', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY, mode: 'pod', via: 'clsact' });
    const { pod } = plane.stage;
    sendOne(withNetAdmin, pod, plane, { priority: 3 });
    expect(await plane.seen(1)).toMatchObject([{ priority: 3 }]);
    asNetAdmin(pod, 'tc', 'qdisc', 'del', 'dev', 'eth0', 'clsact');
    sendOne(withNetAdmin, pod, plane, { priority: 3 });
    expect(await plane.seen(1)).toMatchObject([{ priority: 0 }]);

    using forger = Socket.open(pod, 'udp', 4);
    withNetAdmin(() => {
      forger.txtime('mono');
      const forged = [...words(), word({ priority: 3 })];
      for (const [seq, launchTimeNs] of forged.entries())
        forger.send(record({ seq }), { to: [plane.target[4], 7000], launchTimeNs });
    });
    expect((await plane.seen(5)).map(({ priority }) => priority)).toEqual([0, 0, 0, 0, 3]);
  });

  it("reaches the NIC past the proxy, where its user namespace is the node's: not defended", async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY });
    const { pod, node } = plane.stage;
    const onNic = `link add mv0 link-netnsid 0 link if${node.index(NIC)} type macvlan`.split(' ');
    asNetAdmin(pod, 'ip', ...onNic);
    asNetAdmin(pod, 'ip', 'link', 'set', 'mv0', 'up');
    asNetAdmin(pod, 'ip', 'address', 'add', on('nic', 9)[0] ?? '', 'dev', 'mv0');
    sendOne(withNetAdmin, pod, plane, { priority: 6 });
    expect(await plane.seen(1)).toMatchObject([{ priority: 6 }]);
    expect(plane.counted()).toEqual({ pod: {}, uplink: {} });

    const inside = node.spawn('unshare', ['--user', '--map-root-user', '--net', 'sleep', '60'], {});
    try {
      const namespaces = `/proc/${inside.pid}/ns`;
      await until(() => readFileSync(`/proc/${inside.pid}/comm`, 'utf8') === 'sleep\n', 'its namespaces');
      using netns = NetNs.open(`${namespaces}/net`);
      node.add({ kind: 'veth', name: 'pod9', peer: { name: 'eth0', netnsFd: netns.fd } });
      const enter = [
        'nsenter',
        `--user=${namespaces}/user`,
        `--net=${namespaces}/net`,
        '--preserve-credentials',
      ];
      expect(node.run([...enter, 'ip', '-d', 'link', 'show', 'eth0'])).toContain(`link-netns ${node.name}`);
      expect(() => node.run([...enter, 'ip', ...onNic])).toThrow('Operation not permitted');
    } finally {
      inside.kill('SIGKILL');
      await once(inside, 'close');
    }
  });
});

describe('a process of the node, also in a pod with hostNetwork', () => {
  it('is not policed: priority and launch time reach the NIC as the kernel lets it ask', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab);
    const { node } = plane.stage;
    const launchTimeNs = clockNs('monotonic') + SECOND;
    sendOne(unprivileged, node, plane, { priority: 6, clock: 'mono', launchTimeNs });
    expect(await plane.seen(1)).toMatchObject([{ priority: 6, tstamp: launchTimeNs }]);
    using udp = Socket.open(node, 'udp', 4);
    expect(() => unprivileged(() => udp.priority(7))).toThrow(REFUSED);
    expect(() => unprivileged(() => udp.txtime('tai'))).toThrow(REFUSED);
    expect(plane.counted().uplink).toEqual({});
  });

  it('cannot send in the name of a pod: its forged words are cleared', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY });
    using forger = Socket.open(plane.stage.node, 'udp', 4);
    unprivileged(() => {
      forger.txtime('mono');
      for (const [seq, launchTimeNs] of words().entries())
        forger.send(record({ seq }), { to: [plane.target[4], 7000], launchTimeNs });
    });
    const cleared = { priority: 0, tstamp: 0n };
    expect(await plane.seen(4)).toMatchObject([cleared, cleared, cleared, cleared]);
    expect(plane.counted()).toEqual({ pod: {}, uplink: { forged: 4n } });
  });
});

function asNetAdmin(pod: Host, ...command: string[]): string {
  return pod.run(['setpriv', '--bounding-set=-all,+net_admin', '--inh-caps=-all', ...command]);
}

interface Asks {
  priority: number;
  clock?: 'mono' | 'tai';
  launchTimeNs?: bigint;
}

/** One packet to outside, asked for with these rights. */
function sendOne(
  as: (action: () => void) => void,
  host: Host,
  { target }: Plane,
  { priority, clock, launchTimeNs }: Asks,
): void {
  using udp = Socket.open(host, 'udp', 4);
  as(() => {
    udp.priority(priority);
    if (clock) udp.txtime(clock);
    const to: [string, number] = [target[4], 7000];
    udp.send(record({ seq: seq++, priority }), { to, ...(launchTimeNs !== undefined && { launchTimeNs }) });
  });
}

function priorities({ asked_priority: asked, priority: sees }: Observation) {
  return { asked, sees };
}
