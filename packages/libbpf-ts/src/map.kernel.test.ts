import { openSync } from 'node:fs';
import { Fd } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { productObject, testObject } from '../test/objects.ts';
import { possibleCpus } from './cpus.ts';
import { BpfMap } from './map.ts';
import { BpfObject } from './object.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

interface Place {
  row: number;
  column: number;
  floor: number;
  lit: boolean;
}

interface Thing {
  weight: bigint;
  colour: 'RED' | 'GREEN' | number;
  parts: number[];
}

const here: Place = { row: 0xffff_ffff, column: 513, floor: 7, lit: true };
const lamp: Thing = { weight: -(1n << 62n), colour: 'GREEN', parts: [1, 2, 255] };

/** A map of testdata/shapes.bpf.c, alone. */
function shape<Key, Value>(name: 'things' | 'tallies' | 'plain'): BpfMap<Key, Value> {
  using object = BpfObject.open(testObject('shapes'), 'shapes').load();
  return object.map<Key, Value>(name);
}

describe('a hash map', () => {
  it('takes and gives values in the shapes of its BTF', () => {
    using things = shape<Place, Thing>('things');
    expect([things.name, things.maxEntries, things.valueSize]).toEqual(['things', 4, 16]);
    expect(things.get(here)).toBeUndefined();
    things.set(here, lamp);
    expect(things.get(here)).toEqual(lamp);
    expect(things.get({ ...here, lit: false })).toBeUndefined();
    things.set(here, { ...lamp, colour: 3 });
    expect(things.get(here)?.colour).toBe(3);
    expect(things.getPerCpu(here)).toHaveLength(1);
  });

  it('forgets', () => {
    using things = shape<Place, Thing>('things');
    things.set(here, lamp);
    expect(things.delete(here)).toBe(true);
    expect(things.delete(here)).toBe(false);
    expect(things.get(here)).toBeUndefined();
  });

  it.each([
    [
      'a fifth of four',
      (things: BpfMap<Place, Thing>) => {
        for (let row = 0; row < 5; row++) things.set({ ...here, row }, lamp);
      },
      {
        code: 'E2BIG',
        message: 'the map things has room for 4 entries: it is full, or the index is too big',
      },
    ],
    [
      'a key of another shape',
      (things: BpfMap<Place, Thing>) => things.get({ ...here, column: 70_000 }),
      { code: 'CODEC', path: 'column' },
    ],
    [
      'a value of another shape',
      (things: BpfMap<Place, Thing>) => things.set(here, { ...lamp, parts: [1] }),
      { code: 'CODEC', path: 'parts' },
    ],
    [
      'an unknown name of an enum',
      (things: BpfMap<Place, Thing>) => things.set(here, { ...lamp, colour: 'BLUE' as 'RED' }),
      { code: 'CODEC', path: 'colour' },
    ],
    [
      'to be listed',
      (things: BpfMap<Place, Thing>) => things.list(),
      {
        code: 'NOT_AN_ARRAY',
        message: 'the map things is not an array',
        hint: 'it is a hash: values, or entries',
      },
    ],
    [
      'more values than a key has',
      (things: BpfMap<Place, Thing>) => things.setPerCpu(here, [lamp, lamp]),
      {
        code: 'BAD_COPIES',
        message: '2 values where the map things has 1 for a key',
        hint: 'one for each possible CPU, as many as copies; set gives all of them the same',
      },
    ],
  ])('refuses %s', (_, action, error) => {
    using things = shape<Place, Thing>('things');
    expect(() => action(things)).toThrow(expect.objectContaining(error));
  });
});

describe('a per-CPU map', () => {
  it('has a value on each CPU, all set at once', () => {
    using tallies = shape<number, { hits: number[] }>('tallies');
    expect(tallies.getPerCpu(9)).toBeUndefined();
    tallies.set(9, { hits: [1, 2, 3] });
    expect(tallies.getPerCpu(9)).toEqual(Array(possibleCpus()).fill({ hits: [1, 2, 3] }));
    expect(tallies.get(9)).toEqual({ hits: [1, 2, 3] });
    expect(tallies.delete(9)).toBe(true);
  });

  it('is counted on each CPU for itself', () => {
    using object = BpfObject.open(testObject('shapes'), 'shapes').load();
    using tallies = object.map<number, { hits: number[] }>('tallies');
    using program = object.program('answering');
    tallies.set(0, { hits: [0, 0, 0] });
    program.testRun(new Uint8Array(64), { repeat: 1000 });
    const copies = tallies.getPerCpu(0) ?? [];
    expect(copies).toHaveLength(possibleCpus());
    expect(copies.reduce((sum, { hits }) => sum + (hits[1] ?? 0), 0)).toBe(1000);
    expect(copies.flatMap(({ hits }) => [hits[0], hits[2]])).toEqual(Array(2 * possibleCpus()).fill(0));
  });

  it('lists all CPUs of all entries of an array', () => {
    using object = BpfObject.open(productObject('gate'), 'gate').setMaxEntries('pod_counters', 5).load();
    using counters = object.map<number, { stripped: bigint }>('pod_counters');
    counters.set(3, { ...(counters.get(3) as { stripped: bigint }), stripped: 11n });
    const all = counters.listPerCpu();
    expect(all.map((copies) => copies.map(({ stripped }) => stripped))).toEqual(
      [0n, 0n, 0n, 11n, 0n].map((stripped) => Array(possibleCpus()).fill(stripped)),
    );
    expect(counters.list(4).map(({ stripped }) => stripped)).toEqual([0n, 0n, 0n, 11n]);
  });
});

describe('an array', () => {
  const ENTRIES = 2048;
  const object = () =>
    BpfObject.open(productObject('lab/observer'), 'observer').setMaxEntries('observations', ENTRIES);
  const asked = ['asked_priority', 'asked_clock', 'priority', 'tstamp_type', 'ifindex', 'queue'];
  const packet = ['segments', 'fragment', 'vlan', 'packet'];
  const nothing = Object.fromEntries([...asked, ...packet].map((name) => [name, 0]));
  const row = (flow: number, seq: number) => ({ ...nothing, flow, seq, asked_time_ns: 0n, tstamp: 0n });

  it('is there from the start, and listed in the order of its index', () => {
    using loaded = object().load();
    using observations = loaded.map<number, ReturnType<typeof row>>('observations');
    for (let at = 0; at < ENTRIES; at += 3) observations.set(at, row(at, at % 5));
    const all = observations.list();
    expect(all).toEqual(Array.from({ length: ENTRIES }, (_, at) => (at % 3 ? row(0, 0) : row(at, at % 5))));
    expect(observations.list(4)).toEqual(all.slice(0, 4));
    expect(observations.list(0)).toEqual([]);
    expect(observations.list(9999)).toEqual(all);
  });

  it('has no entry past its end, and deletes none', () => {
    using loaded = object().load();
    using observations = loaded.map<number, ReturnType<typeof row>>('observations');
    expect(observations.get(ENTRIES)).toBeUndefined();
    expect(() => observations.set(ENTRIES, row(1, 0))).toThrow(expect.objectContaining({ code: 'E2BIG' }));
    expect(() => observations.delete(0)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('of global variables is memory of this process, too', () => {
    using gate = BpfObject.open(productObject('gate'), 'gate').load();
    using pods = gate.map<number, { pods: { ifindex: number }[] }>('.data.pods');
    using memory = pods.mapped();
    new DataView(memory.bytes.buffer).setUint32(64, 7, true);
    expect(
      pods
        .list()[0]
        ?.pods.slice(0, 3)
        .map(({ ifindex }) => ifindex),
    ).toEqual([0, 7, 0]);
    expect(pods.btf?.find('pod', 'struct')).toBeGreaterThan(0);
  });

  it('that cannot be mapped says so', () => {
    using plain = shape<number, Uint8Array>('plain');
    expect(() => plain.mapped()).toThrow(expect.objectContaining({ code: expect.stringMatching(/^E/) }));
  });

  it('without BTF is bytes', () => {
    using plain = shape<number, Uint8Array>('plain');
    const second = 1;
    expect(plain.bytesBecause).toBe('the map was made without BTF');
    plain.set(second, Uint8Array.of(5, 4, 3, 2, 1));
    expect(plain.get(second)).toEqual(Uint8Array.of(5, 4, 3, 2, 1));
    expect(plain.list().map((value) => value[0])).toEqual([0, 5, 0]);
    expect(() => plain.set(second, new Uint8Array(6))).toThrow(expect.objectContaining({ code: 'CODEC' }));
  });
});

it('of constants is read only', () => {
  using object = BpfObject.open(testObject('shapes'), 'shapes').load();
  using constants = object.map<number, unknown>('.rodata');
  expect(constants.get(0)).toEqual({ answer: 42, grow_by: 0 });
  expect(() => constants.set(0, { answer: 1, grow_by: 1 })).toThrow(
    expect.objectContaining({ code: 'EPERM', message: 'the map shapes.rodata may not be written' }),
  );
});

it('a closed map is closed', () => {
  const things = shape<Place, Thing>('things');
  things[Symbol.dispose]();
  things[Symbol.dispose]();
  expect(() => things.get(here)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
});

it('what is no map is refused, and closed', () => {
  const fd = new Fd(openSync('/dev/null', 'r'));
  expect(() => new BpfMap(fd)).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: 'bpf OBJ_GET_INFO_BY_FD: invalid argument' }),
  );
  expect(() => fd.number).toThrow('this file descriptor is closed');
});
