import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { read, record } from '../test/records.ts';
import { BpfMap } from './map.ts';
import { BpfObject } from './object.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

const maps = () => BpfObject.open(testObject('maps'), 'maps').load();

describe('BpfMap.create and ids', () => {
  it('makes a map, and finds it among all', () => {
    using map = BpfMap.create<Uint8Array, Uint8Array>({
      type: 'hash',
      keySize: 2,
      valueSize: 3,
      maxEntries: 10,
      name: 'my.map_1',
    });
    expect(map.info).toMatchObject({
      type: 'hash',
      name: 'my.map_1',
      keySize: 2,
      valueSize: 3,
      maxEntries: 10,
    });
    expect([...BpfMap.ids()]).toContain(map.info.id);
    expect(map.bytesBecause).toBe('the map was made without BTF');
    map.set(Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5));
    expect([...map]).toEqual([[Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5)]]);
    expect(() => map.set(Uint8Array.of(1), Uint8Array.of(3, 4, 5))).toThrow('1 bytes where 2 belong');
  });

  it('with types, which whoever opens it knows', () => {
    using first = maps();
    using hash = first.map('hash');
    using map = BpfMap.create<number, unknown>({
      type: 'hash',
      keySize: 4,
      valueSize: 104,
      maxEntries: 1,
      types: { of: hash, key: '__u32', value: 'record' },
    });
    map.set(5, record(5));
    using again = BpfMap.fromId<number, unknown>(map.info.id);
    expect(again.get(5)).toEqual(read(5));
    expect(again.bytesBecause).toBeUndefined();
  });

  it.each([
    [
      { type: 'hash', keySize: 0, valueSize: 4, maxEntries: 1, name: 'bad' },
      'EINVAL',
      /^a map bad of type hash was not made \(a key of 0, a value of 4 bytes, 1 entries\): bpf MAP_CREATE: invalid argument$/,
    ],
    [
      { type: 'array', keySize: 4, valueSize: 1 << 30, maxEntries: 1 << 20 },
      /^(E2BIG|ENOMEM)$/,
      /1073741824 bytes/,
    ],
    [
      { type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1, name: 'no-dashes' },
      'BAD_NAME',
      /^"no-dashes" cannot be the name of a map$/,
    ],
  ] as const)('refuses %j', (spec, code, message) => {
    expect(() => BpfMap.create(spec)).toThrow(
      expect.objectContaining({
        code: typeof code === 'string' ? code : expect.stringMatching(code),
        message: expect.stringMatching(message),
      }),
    );
  });

  it('of an id that is not there is refused', () => {
    expect(() => BpfMap.fromId(0x7fff_fff0)).toThrow(
      expect.objectContaining({
        code: 'ENOENT',
        message: 'there is no map with the id 2147483632: it has gone, or never was',
      }),
    );
  });
});
