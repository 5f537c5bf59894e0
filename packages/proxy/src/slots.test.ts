import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSlot, type Slots, slotFor } from './slots.ts';

const PROBES = 8;
class Table implements Slots {
  readonly #rows: number[];

  constructor(size: number) {
    this.#rows = Array(size).fill(0);
  }

  get length(): number {
    return this.#rows.length;
  }

  ifindexAt(slot: number): number {
    return this.#rows[slot] ?? -1;
  }

  put(ifindex: number): void {
    this.#rows[slotFor(this, ifindex, PROBES)] = ifindex;
  }

  free(slot: number): void {
    this.#rows[slot] = 0;
  }
}

describe('slots', () => {
  it('finds every interface that was put in, and no other', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { maxLength: 40 }), (indexes) => {
        const table = new Table(2048);
        for (const ifindex of indexes) table.put(ifindex);
        for (const ifindex of indexes)
          expect(table.ifindexAt(findSlot(table, ifindex, PROBES) ?? -1)).toBe(ifindex);
        expect(findSlot(table, 2 ** 31 - 1 - indexes.length, PROBES)).toSatisfy(
          (slot) => slot === undefined || indexes.includes(2 ** 31 - 1 - indexes.length),
        );
      }),
    );
  });

  it('is still found when the entry before it has gone', () => {
    const table = new Table(64);
    for (const ifindex of [1, 65, 129]) table.put(ifindex);
    table.free(1);
    expect(findSlot(table, 129, PROBES)).toBe(3);
    expect(slotFor(table, 129, PROBES)).toBe(3);
  });

  it('says so when the places that the programs look at are taken', () => {
    const table = new Table(16);
    for (let at = 0; at < PROBES; at++) table.put(1 + 16 * at);
    expect(() => slotFor(table, 1 + 16 * PROBES, PROBES)).toThrow(
      'no free slot for interface 129 in a table of 16',
    );
  });
});
