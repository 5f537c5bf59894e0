import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, median } from './statistics.ts';

describe('median', () => {
  it.each([
    [[3], 3],
    [[5, 1], 3],
    [[9, 1, 5], 5],
    [[4, 100, 2, 3], 3.5],
    [[10, 9], 9.5], // by value, not by text
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('needs values, and leaves them in their order', () => {
    expect(() => median([])).toThrow(RangeError);
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('has as many values above as below', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const above = values.filter((value) => value > middle).length;
        const below = values.filter((value) => value < middle).length;
        expect(Math.max(above, below)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('compare', () => {
  it('takes the median of the ratios, not the ratio of the medians', () => {
    const pairs = [
      { value: 10, against: 100 },
      { value: 40, against: 200 },
      { value: 30, against: 100 },
    ];
    expect(compare(pairs)).toEqual({ value: 30, against: 100, ratio: 0.2, range: [0.1, 0.3] });
  });

  it('is not moved by a machine that slows both sides of a round', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }), (slowness) => {
        const pairs = slowness.map((factor) => ({ value: 3 * factor, against: 12 * factor }));
        expect(compare(pairs).ratio).toBe(0.25);
      }),
    );
  });
});
