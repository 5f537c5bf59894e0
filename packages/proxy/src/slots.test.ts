import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSlot, slotFor } from './slots.ts';

const PROBES = 8;
const empty = (size: number) => Array.from({ length: size }, () => ({ ifindex: 0 }));

describe('slots', () => {
  it('finds every interface that was put in, and no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { maxLength: 40 }), (indexes) => {
        const table = empty(2048);
        for (const ifindex of indexes) table[slotFor(table, ifindex, PROBES)] = { ifindex };
        for (const ifindex of indexes)
          expect(table[findSlot(table, ifindex, PROBES) ?? -1]).toEqual({ ifindex });
        expect(findSlot(table, 2 ** 31 - 1 - indexes.length, PROBES)).toSatisfy(
          (slot) => slot === undefined || indexes.includes(2 ** 31 - 1 - indexes.length),
        );
      }),
    );
  });

  it('is still found when the entry before it has gone', () => {
    const table = empty(64);
    for (const ifindex of [1, 65, 129]) table[slotFor(table, ifindex, PROBES)] = { ifindex };
    table[1] = { ifindex: 0 };
    expect(findSlot(table, 129, PROBES)).toBe(3);
    expect(slotFor(table, 129, PROBES)).toBe(3);
  });

  it('says so when the places that the programs look at are taken', () => {
    const table = empty(16);
    for (let at = 0; at < PROBES; at++) table[slotFor(table, 1 + 16 * at, PROBES)] = { ifindex: 1 + 16 * at };
    expect(() => slotFor(table, 1 + 16 * PROBES, PROBES)).toThrow(
      'no free slot for interface 129 in a table of 16',
    );
  });
});
