import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import {
  addAddress,
  addLink,
  addQdisc,
  addRoute,
  deleteLink,
  formatHandle,
  getLink,
  listAddresses,
  listLinks,
  listQdiscs,
  listRoutes,
  NLM_F_DUMP,
  setLink,
  TC_H_ROOT,
} from '@tsnctl/netlink';
import { missing, requires, type TestNamespace, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { NetlinkSocket } from './netlink-socket.ts';
import { NetNs } from './netns.ts';

useLeakCheck();
const needs = { root: true, kernel: [5, 14], programs: ['ip', 'tc'] } as const;
const able = missing(needs) === undefined;
beforeEach((ctx) => requires(ctx, needs));

/** What ip(8) and tc(8) show of the namespace. */
interface Row {
  [field: string]: unknown;
}

let ns: TestNamespace;
let index: { veth: number; bridge: number; vxlan: number };

beforeAll(() => {
  if (!able) return;
  ns = testNamespace();
  // No addresses of the kernel's own, which come when they like.
  ns.netns.run(() => writeFileSync('/proc/sys/net/ipv6/conf/default/addr_gen_mode', '1'));
  ns.socket.request(setLink({ index: 1, up: true }));
  const veth = ns.add({
    kind: 'veth',
    name: 'v0',
    numTxQueues: 3,
    address: '02:00:00:00:00:01',
    mtu: 1400,
    peer: { name: 'v1' },
  });
  const bridge = ns.add({ kind: 'bridge', name: 'br0', forwardDelay: 1000 });
  const vxlan = ns.add({ kind: 'vxlan', name: 'vx0', id: 42, remote: '198.18.0.2', port: 4789, dev: veth });
  index = { veth, bridge, vxlan };
  const [peer] = ns.socket.request(getLink({ name: 'v1' }));
  ns.socket.request(setLink({ index: peer?.index ?? 0, up: true, master: bridge }));
  for (const address of ['198.18.0.1/24', '2001:db8::1/64'])
    ns.socket.request(addAddress({ index: veth, address, noDad: true }));
  ns.socket.request(addRoute({ destination: 'default', family: 4, via: '198.18.0.9' }));
  ns.socket.request(addRoute({ destination: '2001:db8:1::/48', family: 6, via: '2001:db8::9' }));
  ns.socket.request(addQdisc({ index: veth, kind: 'clsact' }));
});
afterAll(() => ns?.[Symbol.dispose]());

describe('a dump is what ip -j and tc -j show', () => {
  it('links', async () => {
    await vi.waitFor(() => {
      const theirs = ip('-d', 'link');
      const indexOf = (name: unknown) => theirs.find((row) => row.ifname === name)?.ifindex;
      expect(
        ns.socket.request(listLinks()).map((link) => ({
          ifindex: link.index,
          ifname: link.name,
          kind: link.kind,
          up: link.up,
          mtu: link.mtu,
          address: link.address,
          master: link.master,
          link: link.link,
          tx: link.numTxQueues,
          rx: link.numRxQueues,
          qdisc: link.qdisc,
          operstate: link.operstate,
        })),
      ).toEqual(
        theirs.map((row) => ({
          ifindex: row.ifindex,
          ifname: row.ifname,
          kind: (row.linkinfo as Row | undefined)?.info_kind,
          up: (row.flags as string[]).includes('UP'),
          mtu: row.mtu,
          address: row.address,
          master: indexOf(row.master),
          link: indexOf(row.link),
          tx: row.num_tx_queues,
          rx: row.num_rx_queues,
          qdisc: row.qdisc,
          operstate: String(row.operstate).toLowerCase(),
        })),
      );
    });
    expect(ns.socket.request(getLink({ index: index.vxlan }))).toMatchObject([
      { data: { id: 42, remote: '198.18.0.2', port: 4789 } },
    ]);
    expect(ns.socket.request(getLink({ name: 'br0' }))).toMatchObject([{ data: { forwardDelay: 1000 } }]);
  });

  it('addresses', () => {
    const theirs = ip('addr').flatMap((row) =>
      (row.addr_info as Row[]).map((address) => [
        row.ifindex,
        address.family === 'inet' ? 4 : 6,
        `${address.local}/${address.prefixlen}`,
        address.label,
      ]),
    );
    const ours = ns.socket
      .request(listAddresses())
      .map(({ index, family, address, label }) => [index, family, address, label]);
    expect(ours).toHaveLength(4);
    expect(new Set(ours)).toEqual(new Set(theirs));
    expect(ns.socket.request(listAddresses({ index: index.veth, family: 6 }))).toMatchObject([
      { address: '2001:db8::1/64' },
    ]);
  });

  it.each([4, 6] as const)('routes of IPv%i', (family) => {
    const tables: Record<string, number> = { local: 255 };
    const types: Record<string, number> = { local: 2, broadcast: 3, anycast: 4, multicast: 5 };
    const plain = ({ dst }: Row) =>
      `${dst}${dst === 'default' || String(dst).includes('/') ? '' : family === 4 ? '/32' : '/128'}`;
    const links = ns.socket.request(listLinks());
    const theirs = ip(`-${family}`, 'route', 'show', 'table', 'all').map((row) => ({
      destination: plain(row),
      via: row.gateway,
      dev: row.dev,
      source: row.prefsrc,
      table: tables[String(row.table)] ?? 254,
      type: types[String(row.type)] ?? 1,
    }));
    const ours = ns.socket.request(listRoutes({ family })).map((route) => ({
      destination: route.destination,
      via: route.via,
      dev: links.find((link) => link.index === route.index)?.name,
      source: route.source,
      table: route.table,
      type: route.type,
    }));
    expect(ours.length).toBeGreaterThan(4);
    expect(ours).toEqual(theirs);
  });

  it('qdiscs', () => {
    const links = ns.socket.request(listLinks());
    const ours = ns.socket.request(listQdiscs()).map(({ index, kind, handle, parent }) => ({
      dev: links.find((link) => link.index === index)?.name,
      kind,
      handle: handle === 0 ? '0:' : formatHandle(handle),
      root: parent === TC_H_ROOT,
    }));
    const theirs = json('tc', '-n', ns.name, '-j', 'qdisc').map(({ dev, kind, handle, root = false }) => ({
      dev,
      kind,
      handle,
      root,
    }));
    expect(ours).toEqual(theirs);
    expect(ours).toContainEqual({ dev: 'v0', kind: 'clsact', handle: 'ffff:', root: false });
  });
});

describe('a change', () => {
  it('is seen by ip', () => {
    const veth = ns.add({ kind: 'veth', name: 'x0', peer: { name: 'x1' } });
    ns.socket.request(setLink({ index: veth, mtu: 1234, up: false }));
    expect(ip('link', 'show', 'dev', 'x0')).toMatchObject([{ mtu: 1234, operstate: 'DOWN' }]);
    ns.socket.request(deleteLink({ index: veth }));
    expect(ip('link').map((row) => row.ifname)).not.toContain('x0');
  });

  it.each([
    [
      'an interface that is not there',
      () => setLink({ index: 4711, up: true }),
      'ENODEV',
      'ip link set dev if4711 up: no such device',
    ],
    [
      'a name that is taken',
      () => addQdisc({ index: index.veth, kind: 'clsact' }),
      'EEXIST',
      expect.stringMatching(/^tc qdisc add dev if\d+ clsact: file already exists \(.+\)$/),
    ],
    [
      'a value that is too big',
      () => setLink({ index: index.veth, mtu: 70_000 }),
      'EINVAL',
      expect.stringMatching(
        /^ip link set dev if\d+ mtu 70000: invalid argument \(mtu greater than device maximum\)$/,
      ),
    ],
    [
      'an option of a kind',
      () => addLink({ kind: 'vxlan', name: 'vx9', id: 2 ** 24, port: 4789 }),
      'ERANGE',
      expect.stringMatching(
        /^ip link add vx9 type vxlan id 16777216 dstport 4789: result too large \(.+, at id\)$/,
      ),
    ],
    [
      'a gateway that cannot be reached',
      () => addRoute({ destination: '10.0.0.0/8', family: 4, via: '203.0.113.1' }),
      'ENETUNREACH',
      'ip -4 route add 10.0.0.0/8 via 203.0.113.1: network is unreachable (Nexthop has invalid gateway)',
    ],
    [
      'a kind that this kernel lacks',
      () => addQdisc({ index: index.veth, kind: 'tsnctl-none' }),
      'ENOENT',
      expect.stringMatching(/tsnctl-none: no such file or directory \(Specified qdisc kind is unknown\)$/),
    ],
  ])('is refused in the words of the kernel: %s', (_, request, code, message) => {
    expect(() => ns.socket.request(request())).toThrow(
      expect.objectContaining({ name: 'SystemError', code, message }),
    );
  });

  it('that is refused leaves the socket as good as before', () => {
    expect(() => ns.socket.request(setLink({ index: 4711, up: true }))).toThrow();
    expect(ns.socket.request(getLink({ name: 'lo' }))).toMatchObject([{ index: 1 }]);
  });
});

describe('a socket', () => {
  it('speaks to the namespace it was opened for, wherever it is used', () => {
    using other = testNamespace();
    using home = NetlinkSocket.open();
    using inside = NetlinkSocket.open({ netns: other.netns });
    expect(inside.request(listLinks()).map(({ name }) => name)).toEqual(['lo']);
    const names = home.request(listLinks()).map(({ name }) => name);
    expect(other.netns.run(() => home.request(listLinks()).map(({ name }) => name))).toEqual(names);
    using current = NetNs.current();
    using same = NetlinkSocket.open({ netns: current });
    expect(same.request(listLinks()).map(({ name }) => name)).toEqual(names);
  });

  it('has no descriptor once it is closed', () => {
    const socket = NetlinkSocket.open();
    socket[Symbol.dispose]();
    socket[Symbol.dispose]();
    expect(() => socket.request(listLinks())).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('of a protocol that is not there is refused, and leaves no descriptor', () => {
    expect(() => NetlinkSocket.open({ protocol: 31 })).toThrow(
      expect.objectContaining({ code: 'EPROTONOSUPPORT' }),
    );
  });

  // 61 links are several datagrams; what is left of a dump would make the next one EBUSY.
  it('goes on after an answer that is not understood', () => {
    using crowded = testNamespace();
    for (let n = 0; n < 30; n++) crowded.add({ kind: 'veth', name: `a${n}`, peer: { name: `b${n}` } });
    const broken = {
      ...listLinks(),
      decode: () => {
        throw new Error('not understood');
      },
    };
    expect(() => crowded.socket.request(broken)).toThrow('not understood');
    expect(crowded.socket.request(listLinks())).toHaveLength(61);
  });

  it('says so when nothing answers', () => {
    using socket = NetlinkSocket.open();
    // Without NLM_F_REQUEST the kernel takes it for an answer, and keeps silent.
    expect(() => socket.request({ ...listLinks(), flags: NLM_F_DUMP })).toThrow(
      expect.objectContaining({ code: 'NO_ANSWER', message: 'ip link show: no answer within 5 s' }),
    );
    expect(socket.request(getLink({ name: 'lo' }))).toMatchObject([{ index: 1 }]);
  });
});

function ip(...words: string[]): Row[] {
  return json('ip', '-n', ns.name, '-j', ...words);
}

function json(program: string, ...words: string[]): Row[] {
  return JSON.parse(execFileSync(program, words, { encoding: 'utf8' }));
}
