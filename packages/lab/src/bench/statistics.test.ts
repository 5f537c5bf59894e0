import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, bootstrapRatio, compare, median, quantile, seededRandom } from './statistics.ts';

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
      { value: 90, against: 100 },
      { value: 5, against: 100 },
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

describe('quantile', () => {
  it.each([
    [[3], 0.99, 3],
    [[9, 1, 5], 0.5, 5],
    [[4, 3, 2, 1], 0.5, 2],
    [Array.from({ length: 200 }, (_, at) => at + 1), 0.99, 198],
    [[10, 9, 8], 0, 8],
    [[10, 9, 8], 1, 10],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });

  it('needs values', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  it('leaves no more than its share above', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const found = quantile(values, share);
          expect(values.filter((value) => value > found).length).toBeLessThanOrEqual(
            (1 - share) * values.length,
          );
        },
      ),
    );
  });
});

describe('bootstrapRatio', () => {
  const SHARE = 0.99;
  /** Two sides that a machine slows together, for a whole block at a time. */
  const sides = (factor: number, seed: number): Block[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 100 }, () => {
      const stall = random() < 0.05 ? 50 : 1;
      const draw = () => Array.from({ length: 50 }, () => stall * (100 + 20 * random()));
      return { values: draw().map((value) => factor * value), against: draw() };
    });
  };

  it('has the ratio of the quantiles itself', () => {
    const blocks = sides(1.3, 7);
    const of = (side: 'values' | 'against') =>
      quantile(
        blocks.flatMap((block) => block[side]),
        SHARE,
      );
    const { ratio } = bootstrapRatio(blocks, SHARE, { random: seededRandom(1) });
    expect(ratio).toBe(of('values') / of('against'));
  });

  it.each([1, 1.5, 3])('holds the true ratio, %d, through stalls of both sides', (factor) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { low, high } = bootstrapRatio(sides(factor, seed), SHARE, { random: seededRandom(seed) });
      expect(low).toBeGreaterThan(factor * 0.8);
      expect(low).toBeLessThanOrEqual(factor * 1.02);
      expect(high).toBeGreaterThanOrEqual(factor * 0.98);
      expect(high).toBeLessThan(factor * 1.25);
    }
  });

  it('says the same for the same seed', () => {
    const blocks = sides(1, 3);
    const run = (seed: number) => bootstrapRatio(blocks, SHARE, { random: seededRandom(seed), resamples: 3 });
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  it('needs values on both sides', () => {
    const blocks = [{ values: [1], against: [] }];
    expect(() => bootstrapRatio(blocks, SHARE, { random: seededRandom(1) })).toThrow(RangeError);
  });
});

it('seededRandom spreads evenly over 0 to 1', () => {
  const random = seededRandom(42);
  const tenths = new Array(10).fill(0);
  for (let drawn = 0; drawn < 10_000; drawn++) tenths[Math.floor(random() * 10)]++;
  expect(Math.min(...tenths)).toBeGreaterThan(900);
  expect(Math.max(...tenths)).toBeLessThan(1100);
});
