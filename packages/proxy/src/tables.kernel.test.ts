import { clockNs, NetlinkSocket, waitForRcu } from '@tsnctl/linux';
import { getLink } from '@tsnctl/netlink';
import { requires, testBpffs, testNamespace, useLeakCheck } from '@tsnctl/testkit';
import { BpfMap } from 'libbpf-ts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Performer } from './perform.ts';
import { Pins } from './pins.ts';
import { at } from './place.ts';
import type { Policy, PolicyRow } from './policy.ts';
import { SlotTable } from './slot-table.ts';
import { Tables } from './tables.ts';

vi.mock('@tsnctl/linux', async (original) => {
  const real = await original<typeof import('@tsnctl/linux')>();
  return { ...real, waitForRcu: vi.fn(real.waitForRcu), clockNs: vi.fn(real.clockNs) };
});

useLeakCheck();
beforeEach((ctx) => {
  requires(ctx, { root: true, kernel: [6, 11] });
  vi.mocked(waitForRcu).mockClear();
});

/** The key of a global array's one value. */
const ONLY = 0;

/** The tables of a namespace, in a BPF file system of the test's own. */
function givenTables() {
  const resources = new DisposableStack();
  const bpffs = resources.use(testBpffs());
  const { netns } = resources.use(testNamespace());
  const pins = new Pins(netns.cookie, bpffs.path);
  {
    using performer = new Performer(netns, pins);
    performer.perform({ do: 'create-tables' });
  }
  const tables = resources.use(new Tables(pins));
  return { pins, tables, [Symbol.dispose]: () => resources.dispose() };
}

/** Distinct for each number below 15 * 2^32. */
const policy = (number: number): Policy => ({
  allow: [1 + (number % 15)],
  remap: {},
  horizonNs: BigInt(1 + number),
});

describe('policies', () => {
  let nowMs = 0;
  beforeEach(() => {
    nowMs = 0;
    vi.mocked(clockNs).mockImplementation(() => 1_800_000_000n * 1_000_000_000n + BigInt(nowMs) * 1_000_000n);
    return () => vi.mocked(clockNs).mockReset();
  });

  it('of a pod that has just come are changed without a wait: no packet has met another one', () => {
    using given = givenTables();
    given.tables.setPod(7, policy(1));
    given.tables.setPod(7, policy(2));
    expect(waitForRcu).not.toHaveBeenCalled();
    given.tables.setPod(7, policy(3));
    expect(waitForRcu).toHaveBeenCalledTimes(1);
  });

  it('are changed again without a wait once a second has passed, in which no packet can be under way', () => {
    using given = givenTables();
    using other = new Tables(given.pins); // another process knows, too
    given.tables.setPod(7, policy(1));
    nowMs = 999;
    given.tables.setPod(7, policy(2));
    nowMs = 2000;
    other.setPod(7, policy(3));
    other.clearPod(7);
    nowMs = 4000;
    given.tables.setPod(7, policy(4));
    given.tables.setPod(7, policy(5));
    expect(waitForRcu).not.toHaveBeenCalled();
    nowMs = 5999;
    other.setPod(7, policy(6));
    expect(waitForRcu).toHaveBeenCalledTimes(1);
  });

  it('are never changed where packets may be reading them: each is written beside the one that holds', () => {
    using given = givenTables();
    const { tables } = given;
    for (let other = 101; other <= 105; other++) tables.setPod(other, policy(other));
    for (let number = 0; number < 50; number++) {
      const before = podRow(given.pins, 7);
      const waits = vi.mocked(waitForRcu).mock.calls.length;
      tables.setPod(7, policy(number));
      const after = podRow(given.pins, 7);
      expect(after.current).toBe(1 - before.current);
      expect(after.policy[before.current]).toEqual(before.policy[before.current]);
      expect(vi.mocked(waitForRcu).mock.calls.length - waits).toBe(before.stale === 0 ? 0 : 1);
      expect(tables.pods().find(({ ifindex }) => ifindex === 7)?.policy).toEqual(policy(number));
    }
    for (let other = 101; other <= 105; other++)
      expect(tables.pods().find(({ ifindex }) => ifindex === other)?.policy).toEqual(policy(other));
  });

  it('of many pods are changed again after one wait for all of them', () => {
    using given = givenTables();
    for (const round of [1, 2, 3, 4])
      for (let ifindex = 1; ifindex <= 50; ifindex++)
        given.tables.setPod(ifindex, policy(100 * round + ifindex));
    expect(waitForRcu).toHaveBeenCalledTimes(2);
  });

  it('that a pod has already are left as they are', () => {
    using given = givenTables();
    given.tables.setPod(3, policy(1));
    const before = podRow(given.pins, 3);
    given.tables.setPod(3, policy(1));
    expect(podRow(given.pins, 3)).toEqual(before);
    expect(waitForRcu).not.toHaveBeenCalled();
  });

  it('of a pod that has gone are waited for before another pod takes its place', () => {
    using given = givenTables();
    given.tables.setPod(3, policy(1));
    given.tables.clearPod(3);
    expect(given.tables.pods()).toEqual([]);
    given.tables.setPod(3 + 2048, policy(2));
    expect(waitForRcu).toHaveBeenCalledTimes(1);
    expect(given.tables.pods()).toEqual([{ ifindex: 3 + 2048, policy: policy(2) }]);
  });

  it('of a full house: one more pod is refused, and changes still work', () => {
    using given = givenTables();
    const { tables } = given;
    for (let ifindex = 1; ifindex <= 2048; ifindex++) tables.setPod(ifindex, policy(ifindex));
    expect(tables.pods()).toHaveLength(2048);
    expect(() => tables.setPod(2049, policy(9))).toThrow('no free slot for interface 2049');
    tables.clearPod(9);
    tables.setPod(9, policy(5000));
    expect(tables.pods().find(({ ifindex }) => ifindex === 9)?.policy).toEqual(policy(5000));
    expect(tables.pods().find(({ ifindex }) => ifindex === 2048)?.policy).toEqual(policy(2048));
  });
});

describe('SlotTable', () => {
  it('stores what the map has at once, and reads what others stored', () => {
    using given = givenTables();
    using map = BpfMap.pinned<number, { pods: PodRow[] }>(given.pins.table('pods'));
    using table = new SlotTable<PodRow>(map, 'pod');
    expect(table.length).toBe(2048);
    const first: PodRow = { ...EMPTY, ifindex: 0xffff_ffff, current: 1, stale: 1 };
    const last: PodRow = {
      ...EMPTY,
      ifindex: 2,
      policy: [{ priorities: 1n << 63n, horizon_ns: 7n }, NOTHING],
    };
    table.set(0, first);
    table.set(2047, last);
    // By the system call, not by this mapping.
    expect(map.get(ONLY)?.pods[0]).toEqual(first);
    expect(map.get(ONLY)?.pods[2047]).toEqual(last);
    using second = new SlotTable<PodRow>(map, 'pod');
    expect(second.rows()).toEqual([first, last]);
    expect([0, 1, 2047].map((at) => second.ifindexAt(at))).toEqual([0xffff_ffff, 0, 2]);
  });

  it('stores the first eight bytes of a row last, by one store', () => {
    using given = givenTables();
    using map = BpfMap.pinned<number, { pods: PodRow[] }>(given.pins.table('pods'));
    using table = new SlotTable<PodRow>(map, 'pod');
    const row: PodRow = { ...EMPTY, ifindex: 1, current: 1, stale: 1 };
    const store = vi.spyOn(Atomics, 'store').mockImplementation((_cells, _at, value) => {
      expect(map.get(ONLY)?.pods[5]).toEqual({ ...row, ifindex: 0, current: 0 });
      return value;
    });
    try {
      table.set(5, row);
      expect(store.mock.calls.map(([, at, value]) => [at, value])).toEqual([[0, (1n << 32n) | 1n]]);
    } finally {
      store.mockRestore();
    }
  });
});

describe('a place inside a pod', () => {
  it('that is no pair, or whose namespace nobody has, is refused by its name', () => {
    using home = testNamespace();
    const lo = { ifindex: 1, role: 'pod_saver' as const };
    const nobody = (name: string) => `the namespace of the pod behind ${name} is not to be found`;
    expect(() => at(home.netns, lo, () => undefined)).toThrow(nobody('lo'));
    expect(() => at(home.netns, { ...lo, ifindex: 99 }, () => undefined)).toThrow();
    using held = new DisposableStack();
    const index = (() => {
      using pod = testNamespace();
      held.use(NetlinkSocket.open({ netns: pod.netns }));
      const made = home.add({ kind: 'veth', name: 'host', peer: { name: 'eth0', netnsFd: pod.netns.fd } });
      const found = at(home.netns, { ...lo, ifindex: made }, ({ netns, ifindex, direction }) => {
        using socket = NetlinkSocket.open({ netns });
        return { name: socket.request(getLink({ index: ifindex }))[0]?.name, direction };
      });
      expect(found).toEqual({ name: 'eth0', direction: 'egress' });
      return made;
    })();
    expect(() => at(home.netns, { ...lo, ifindex: index }, () => undefined)).toThrow(nobody('host'));
  });
});

interface PodRow {
  ifindex: number;
  current: number;
  policy: [PolicyRow, PolicyRow];
  stale: number;
}

const NOTHING: PolicyRow = { priorities: 0n, horizon_ns: 0n };
const EMPTY: PodRow = { ifindex: 0, current: 0, policy: [NOTHING, NOTHING], stale: 0 };

/** By the system call, in the first place where the programs look. */
function podRow(pins: Pins, ifindex: number): PodRow {
  using map = BpfMap.pinned<number, { pods: PodRow[] }>(pins.table('pods'));
  return map.get(ONLY)?.pods[ifindex % 2048] ?? EMPTY;
}
