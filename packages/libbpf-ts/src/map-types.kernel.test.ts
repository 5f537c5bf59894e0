import { execFileSync } from 'node:child_process';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { asBpftool, parseExactly } from '../test/as-bpftool.ts';
import { testObject } from '../test/objects.ts';
import { read, record } from '../test/records.ts';
import { possibleCpus } from './cpus.ts';
import { BpfMap } from './map.ts';
import { readMapInfo } from './map-info.ts';
import { BpfObject } from './object.ts';
import { BpfProgram } from './program.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

const maps = () => BpfObject.open(testObject('maps'), 'maps').load();

describe('what bpftool shows of a map is what is read here, value for value:', () => {
  beforeEach((ctx) => requires(ctx, { programs: ['bpftool'] }));

  it.each(['hash', 'lru', 'percpu', 'array'])('%s', (name) => {
    using object = maps();
    using map = object.map<number, unknown>(name);
    for (let n = 0; n < 8; n++) map.set(n, record(n));
    expectAsBpftool(map);
  });

  it('lru_percpu and percpu_array', () => {
    using object = maps();
    using lru = object.map<number, number>('lru_percpu');
    for (let n = 0; n < 9; n++)
      lru.setPerCpu(
        n,
        Array.from({ length: lru.copies }, (_, cpu) => n * 10 + cpu),
      );
    expectAsBpftool(lru);
    using array = object.map<number, bigint>('percpu_array');
    for (let n = 0; n < 8; n++) array.set(n, BigInt(n) << 40n);
    expectAsBpftool(array);
  });

  it('routes', () => {
    using object = maps();
    using routes = object.map<{ length: number; address: number[] }, number>('routes');
    routes.set({ length: 8, address: [10, 0, 0, 0] }, 1);
    routes.set({ length: 24, address: [10, 1, 2, 0] }, 2);
    expectAsBpftool(routes);
  });

  it('maps of maps', () => {
    using object = maps();
    using inner = BpfMap.create({ type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
    for (const name of ['array_of_maps', 'hash_of_maps']) {
      using outer = object.map<unknown, unknown>(name);
      outer.set(name === 'array_of_maps' ? 2 : Uint8Array.of(2, 0, 0, 0), inner);
      expect([...outer.values()]).toEqual([inner.info.id]);
      const shown = execFileSync('bpftool', ['-j', 'map', 'dump', 'id', String(outer.info.id)], {
        encoding: 'utf8',
      });
      const [theirs] = JSON.parse(shown) as { key: string[]; value: string[] }[];
      const bytes = (id: number) =>
        [...new Uint8Array(Uint32Array.of(id).buffer)].map(
          (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
        );
      expect(theirs).toEqual({ key: bytes(2), value: bytes(inner.info.id) });
    }
  });

  it('global variables', () => {
    using object = maps();
    for (const name of ['.data', '.rodata', '.bss']) {
      using map = object.map<number, unknown>(name);
      expectAsBpftool(map);
    }
  });
});

describe('a trie', () => {
  it('gives the value of the longest prefix, and all prefixes once', () => {
    using object = maps();
    using routes = object.map<{ length: number; address: number[] }, number>('routes');
    const prefixes = [
      { length: 8, address: [10, 0, 0, 0] },
      { length: 24, address: [10, 1, 2, 0] },
      { length: 32, address: [10, 1, 2, 3] },
    ];
    for (const [at, prefix] of prefixes.entries()) routes.set(prefix, at);
    expect(routes.get({ length: 32, address: [10, 1, 2, 9] })).toBe(1);
    expect(routes.get({ length: 32, address: [11, 0, 0, 1] })).toBeUndefined();
    expect(new Map([...routes].map(([key, value]) => [value, key]))).toEqual(new Map(prefixes.entries()));
    expect(routes.delete(prefixes[1] as { length: number; address: number[] })).toBe(true);
    expect(routes.get({ length: 32, address: [10, 1, 2, 9] })).toBe(0);
  });
});

it('a trie that is full says so', () => {
  using object = maps();
  using routes = object.map<{ length: number; address: number[] }, number>('routes');
  const fill = () => {
    for (let n = 0; n <= 64; n++) routes.set({ length: 32, address: [10, 0, 0, n] }, n);
  };
  expect(fill).toThrow(
    expect.objectContaining({
      code: 'ENOSPC',
      message: 'the map routes has room for 64 entries: it is full, or the index is too big',
    }),
  );
});

describe('maps of programs and of maps', () => {
  it('take a program or a map, and give its id', () => {
    using object = maps();
    using programs = object.map<number, { fd: number } | number>('programs');
    using outer = object.map<number, { fd: number } | number>('array_of_maps');
    using hash = object.map<Uint8Array, { fd: number } | number>('hash_of_maps');
    using tail = object.program('tail');
    using watching = object.program('watching');
    using inner = BpfMap.create<number, Uint8Array>({
      type: 'array',
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
    });
    expect(watching.testRun(new Uint8Array(64)).returned).toBe(-1);
    programs.set(0, tail);
    expect(watching.testRun(new Uint8Array(64)).returned).toBe(3);
    outer.set(0, inner);
    hash.set(Uint8Array.of(77, 0, 0, 0), inner);
    expect(watching.testRun(new Uint8Array(64)).returned).toBe(2);
    expect([...(inner.get(0) as Uint8Array)]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);

    expect([...programs]).toEqual([[0, tail.info().id]]);
    expect([...outer]).toEqual([[0, inner.info.id]]);
    expect([...hash]).toEqual([[Uint8Array.of(77, 0, 0, 0), inner.info.id]]);
    expect(hash.bytesBecause).toBe('the map was made without BTF');
    using again = BpfMap.fromId(outer.get(0) as number);
    expect(again.info).toEqual(inner.info);
    using program = BpfProgram.fromId(programs.get(0) as number);
    expect(program.info()).toEqual(tail.info());
    expect(programs.delete(0)).toBe(true);
    expect([...programs]).toEqual([]);
  });

  it('refuse what is neither', () => {
    using object = maps();
    using programs = object.map<number, unknown>('programs');
    using outer = object.map<number, unknown>('array_of_maps');
    expect(() => programs.set(0, 'tail')).toThrow('neither a program nor its descriptor');
    expect(() => outer.set(0, { fd: 'x' })).toThrow('neither a map nor its descriptor');
    expect(() => programs.set(0, programs)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});

describe('setAll, deleteAll and iteration', () => {
  it('of a thousand entries', () => {
    using object = maps();
    using hash = object.map<number, unknown>('hash');
    const wanted = Array.from({ length: 1000 }, (_, n) => [n * 3, record(n)] as const);
    expect(hash.setAll(wanted)).toBe(1000);
    const found = new Map(hash);
    expect(found.size).toBe(1000);
    for (const [key] of wanted) expect(found.get(key)).toEqual(read(key / 3));
    expect(new Set(hash.keys())).toEqual(new Set(wanted.map(([key]) => key)));
    expect([...hash.values()]).toHaveLength(1000);
    expect(hash.deleteAll([3, 4, 6, 7, 9])).toBe(3);
    expect(hash.deleteAll([3, 4, 6])).toBe(0);
    expect([...hash.batches()].reduce((sum, { count }) => sum + count, 0)).toBe(997);
  });

  it('of values so big that a bucket is more than a batch', () => {
    const size = 700_000;
    using map = BpfMap.create<Uint8Array, Uint8Array>({
      type: 'hash',
      keySize: 4,
      valueSize: size,
      maxEntries: 12,
    });
    for (let n = 0; n < 12; n++) map.set(Uint8Array.of(n, 0, 0, 0), new Uint8Array(size).fill(n));
    const found = [...map].map(([key, value]) => [key[0], value[0], value[size - 1]]);
    expect(found.toSorted(([a = 0], [b = 0]) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, n) => [n, n, n]),
    );
  });

  it('say how far they came', () => {
    using object = maps();
    using percpu = object.map<number, number>('lru_percpu');
    expect(percpu.setAll([[1, 11]])).toBe(1);
    expect(percpu.getPerCpu(1)).toEqual(Array(possibleCpus()).fill(11));
    using hash = object.map<number, unknown>('hash');
    const entries = Array.from({ length: 1100 }, (_, n) => [n, record(1)] as const);
    expect(() => hash.setAll(entries)).toThrow(
      expect.objectContaining({
        code: 'E2BIG',
        message: expect.stringMatching(
          /^hash: 10\d\d of 1100 entries were set, the next was refused, the map has room for 1024: /,
        ),
      }),
    );
    using array = object.map<number, unknown>('array');
    expect(() =>
      array.setAll([
        [0, record(1)],
        [8, record(2)],
      ]),
    ).toThrow('array: 1 of 2 entries were set');
  });

  it('set nothing where a value does not fit', () => {
    using object = maps();
    using hash = object.map<number, unknown>('hash');
    const bad = {
      ...record(2),
      pair: [
        { low: 1, wide: 2n },
        { low: 70_000, wide: 0n },
      ],
    };
    expect(() =>
      hash.setAll([
        [1, record(1)],
        [2, bad],
      ]),
    ).toThrow(expect.objectContaining({ code: 'CODEC', path: 'pair.1.low' }));
    expect([...hash]).toEqual([]);
  });

  it('set only what is absent or present', () => {
    using object = maps();
    using hash = object.map<number, unknown>('hash');
    expect(() => hash.set(1, record(1), 'present')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    hash.set(1, record(1), 'absent');
    expect(() => hash.set(1, record(2), 'absent')).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    hash.set(1, record(3), 'present');
    expect(hash.get(1)).toEqual(read(3));
  });

  it('of what has no entries is refused', () => {
    using object = maps();
    using events = object.map('events');
    expect(() => [...events]).toThrow(
      expect.objectContaining({
        code: 'NOT_ITERABLE',
        message: 'the map events has no entries to walk through',
      }),
    );
  });

  it('of char arrays as text, where asked', () => {
    using object = maps();
    using hash = object.map<number, { name: string }>('hash', { text: true });
    hash.set(1, { ...record(7), name: 'seven' } as never);
    expect(hash.get(1)?.name).toBe('seven');
    expect(() => hash.set(1, { ...record(7), name: 'far too long' } as never)).toThrow(
      expect.objectContaining({ path: 'name' }),
    );
  });
});

describe('while others write', () => {
  const keys: Record<string, (n: number) => unknown> = {
    routes: (n) => ({ length: 32, address: [10, 0, n >> 8, n & 0xff] }),
    hash_of_maps: (n) => Uint8Array.of(n & 0xff, n >> 8, 0, 0),
  };

  // Keys that stay come exactly once, however many others come and go under the reader's feet.
  it.each(['hash', 'lru', 'percpu', 'routes', 'hash_of_maps'])('%s is read right', (name) => {
    using object = maps();
    using map = object.map<unknown, unknown>(name);
    using inner = BpfMap.create({ type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
    const key = (n: number) => (keys[name] ?? ((at: number): unknown => at))(n);
    const value = (n: number) => (name === 'routes' ? n : name === 'hash_of_maps' ? inner : record(n));
    const size = name === 'hash_of_maps' ? 2 : 20;
    const staying = Array.from({ length: size }, (_, n) => n * 2);
    for (const n of staying) map.set(key(n), value(n));
    let coming = 1001;
    const seen: string[] = [];
    for (const found of map.keys()) {
      const text = JSON.stringify(found);
      // What has just been given goes and comes back, a stranger comes, the one before goes.
      map.delete(found);
      if (coming > 1001) map.delete(key(coming - 2));
      map.set(found, value(3));
      map.set(key(coming), value(5));
      coming += 2;
      seen.push(text);
    }
    for (const n of staying) expect(seen.filter((text) => text === JSON.stringify(key(n)))).toHaveLength(1);
  });

  it('a map that nobody else holds stays until it is closed', () => {
    using object = maps();
    const map = object.map<number, number>('lru_percpu');
    map.setAll(Array.from({ length: 50 }, (_, n) => [n, n] as const));
    const entries = map.entries();
    expect(entries.next().done).toBe(false);
    object[Symbol.dispose]();
    expect(entries.next().done).toBe(false);
    map[Symbol.dispose]();
    expect(() => map.get(1)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});

function expectAsBpftool(map: BpfMap<unknown, unknown>): void {
  const theirs = execFileSync('bpftool', ['-j', 'map', 'dump', 'id', String(map.info.id)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const ours = map.copies > 1 ? map.entriesPerCpu() : map.entries();
  const byKey = (entries: readonly { key: unknown }[]) =>
    entries.toSorted((a, b) => (JSON.stringify(a.key) < JSON.stringify(b.key) ? -1 : 1));
  const { btfKeyTypeId: key, btfValueTypeId: value } = readMapInfo(map.fd);
  // Of global variables bpftool shows no key.
  const all = parseExactly(theirs) as { formatted: object }[];
  const formatted = all.map((entry) => ({ key: 0, ...entry.formatted }));
  expect(formatted.length).toBeGreaterThan(0);
  expect(byKey(asBpftool(map, { key, value }, [...ours]))).toEqual(byKey(formatted));
}
