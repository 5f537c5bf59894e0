import { NetlinkSocket, waitForRcu } from '@tsnctl/linux';
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
  return { ...real, waitForRcu: vi.fn(real.waitForRcu) };
});

useLeakCheck();
beforeEach((ctx) => {
  requires(ctx, { root: true, kernel: [6, 11] });
  vi.mocked(waitForRcu).mockClear();
});

/** The key of a global array's one value. */
const ONLY = new Uint8Array(4);

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
  it('are never changed under a pod: 3000 in a row, each read back, with one wait for packets', () => {
    using given = givenTables();
    const { tables } = given;
    const OTHERS = 5;
    for (let other = 1; other <= OTHERS; other++) tables.setPod(100 + other, policy(1_000_000 + other));
    for (let number = 0; number < 3000; number++) {
      const looked = number % 100 === 0 || (number > 2030 && number < 2060);
      const rowsBefore = looked ? rows(given.pins) : [];
      const referred = looked ? podRows(given.pins).filter(({ ifindex }) => ifindex !== 0) : [];
      tables.setPod(7, policy(number));
      if (looked) {
        const rowsAfter = rows(given.pins);
        for (const { policy: row } of referred) expect(rowsAfter[row]).toEqual(rowsBefore[row]);
        expect(rowsAfter[0]).toEqual({ priorities: 0n, horizon_ns: 0n });
      }
      expect(tables.pods().find(({ ifindex }) => ifindex === 7)?.policy).toEqual(policy(number));
    }
    for (let other = 1; other <= OTHERS; other++)
      expect(tables.pods().find(({ ifindex }) => ifindex === 100 + other)?.policy).toEqual(
        policy(1_000_000 + other),
      );
    expect(waitForRcu).toHaveBeenCalledTimes(1);
  });

  it('of one kind share a row', () => {
    using given = givenTables();
    for (let ifindex = 1; ifindex <= 50; ifindex++) given.tables.setPod(ifindex, policy(1));
    const used = new Set(podRows(given.pins).flatMap((pod) => (pod.ifindex === 0 ? [] : [pod.policy])));
    expect(used.size).toBe(1);
    given.tables.setPod(51, { allow: [], remap: {}, horizonNs: 0n });
    expect(podRows(given.pins).find(({ ifindex }) => ifindex === 51)?.policy).toBe(0);
    expect(waitForRcu).not.toHaveBeenCalled();
  });

  it('of a full house: each pod has its own, one more is refused, and changes still work', () => {
    using given = givenTables();
    const { tables } = given;
    for (let ifindex = 1; ifindex <= 2047; ifindex++) tables.setPod(ifindex, policy(ifindex));
    expect(tables.pods()).toHaveLength(2047);
    expect(() => tables.setPod(2048, policy(5000))).toThrow(
      '2048 pods have a policy each, and there is no room for more',
    );
    tables.setPod(2048, policy(9));
    expect(() => tables.setPod(2049, policy(9))).toThrow('no free slot for interface 2049');
    tables.clearPod(9);
    tables.clearPod(10);
    tables.setPod(9, policy(5000));
    expect(tables.pods().find(({ ifindex }) => ifindex === 9)?.policy).toEqual(policy(5000));
    expect(tables.pods().find(({ ifindex }) => ifindex === 2048)?.policy).toEqual(policy(9));
  }, 120_000);
});

describe('SlotTable', () => {
  it('stores what the map has at once, and reads what others stored', () => {
    using given = givenTables();
    using map = BpfMap.pinned<Uint8Array, { pods: PodRow[] }>(given.pins.table('pods'));
    using table = new SlotTable<PodRow>(map, 'pod');
    expect(table.rows()).toHaveLength(2048);
    table.set(0, { ifindex: 0xffff_ffff, policy: 1 });
    table.set(2047, { ifindex: 2, policy: 0x8000_0001 });
    // By the system call, not by this mapping.
    expect(map.get(ONLY)?.pods[0]).toEqual({ ifindex: 0xffff_ffff, policy: 1 });
    expect(map.get(ONLY)?.pods[2047]).toEqual({ ifindex: 2, policy: 0x8000_0001 });
    using second = new SlotTable<PodRow>(map, 'pod');
    expect(second.rows()[2047]).toEqual({ ifindex: 2, policy: 0x8000_0001 });
    expect(second.rows().slice(1, 2047)).toEqual(Array(2046).fill({ ifindex: 0, policy: 0 }));
  });

  it('stores eight bytes by one store', () => {
    using given = givenTables();
    using map = BpfMap.pinned(given.pins.table('pods'));
    using table = new SlotTable<PodRow>(map, 'pod');
    const store = vi.spyOn(Atomics, 'store');
    try {
      table.set(5, { ifindex: 1, policy: 2 });
      expect(store.mock.calls.map(([, at, value]) => [at, value])).toEqual([[0, (2n << 32n) | 1n]]);
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
  policy: number;
}

function rows(pins: Pins): PolicyRow[] {
  using map = BpfMap.pinned<Uint8Array, { policies: PolicyRow[] }>(pins.table('policies'));
  return map.get(ONLY)?.policies ?? [];
}

function podRows(pins: Pins): PodRow[] {
  using map = BpfMap.pinned<Uint8Array, { pods: PodRow[] }>(pins.table('pods'));
  return map.get(ONLY)?.pods ?? [];
}
