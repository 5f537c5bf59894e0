/** The middle of some numbers; the mean of the two in the middle where their count is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values: they have no median');
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (lower + upper) / 2;
}

/** The same thing measured in two ways at nearly the same time. */
export interface Pair {
  value: number;
  against: number;
}

/** Pairs in one: the median of each side, and of the ratios of the pairs, with the quartiles of these. */
export interface Comparison {
  value: number;
  against: number;
  ratio: number;
  range: [number, number];
}

/**
 * The machine's own drift moves both sides of a pair, so the ratios are steadier than the values: their median
 * is not the ratio of the medians.
 */
export function compare(pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(({ value, against }) => value / against);
  return {
    value: median(pairs.map(({ value }) => value)),
    against: median(pairs.map(({ against }) => against)),
    ratio: median(ratios),
    range: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}

/** The smallest value that is not below this share of the values: 0.5 is the middle, 0.99 leaves one in a hundred above. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values: they have no quantile');
  const sorted = values.toSorted((a, b) => a - b);
  const above = Math.floor((1 - share) * sorted.length);
  return sorted[Math.max(0, sorted.length - 1 - above)] ?? Number.NaN;
}

/** What two sides showed in the same stretch of time. */
export interface Block {
  values: readonly number[];
  against: readonly number[];
}

export interface RatioInterval {
  ratio: number;
  low: number;
  high: number;
}

export interface BootstrapOptions {
  /** Numbers from 0 to below 1: `seededRandom`, so that the same values give the same interval. */
  random: () => number;
  resamples?: number;
  /** How sure: 0.95 by default. */
  confidence?: number;
}

/**
 * The ratio of a quantile of both sides, and between which ratios it lies, by a bootstrap of whole blocks: a
 * machine that stalls does so for both sides at once and for many values in a row, so values of one block belong
 * together.
 */
export function bootstrapRatio(
  blocks: readonly Block[],
  share: number,
  { random, resamples = 1000, confidence = 0.95 }: BootstrapOptions,
): RatioInterval {
  const sides = [ranked(blocks.map(({ values }) => values)), ranked(blocks.map(({ against }) => against))];
  const ratioOf = (weights: Float64Array) => {
    const [value = Number.NaN, against = Number.NaN] = sides.map((side) =>
      weightedQuantile(side, weights, share),
    );
    return value / against;
  };
  const weights = new Float64Array(blocks.length);
  const ratios = Array.from({ length: resamples }, () => {
    weights.fill(0);
    for (let drawn = 0; drawn < blocks.length; drawn++) {
      const block = Math.floor(random() * blocks.length);
      weights[block] = (weights[block] ?? 0) + 1;
    }
    return ratioOf(weights);
  });
  return {
    ratio: ratioOf(weights.fill(1)),
    low: quantile(ratios, (1 - confidence) / 2),
    high: quantile(ratios, (1 + confidence) / 2),
  };
}

/** One side, from the largest value down, each with its block; and how many values a block has. */
interface Ranked {
  values: readonly { value: number; block: number }[];
  counts: readonly number[];
}

function ranked(blocks: readonly (readonly number[])[]): Ranked {
  if (blocks.every(({ length }) => length === 0)) throw new RangeError('no values: they have no quantile');
  const values = blocks.flatMap((of, block) => of.map((value) => ({ value, block })));
  return { values: values.sort((a, b) => b.value - a.value), counts: blocks.map(({ length }) => length) };
}

/** As `quantile`, each block as often as its weight says. It looks at the values above only. */
function weightedQuantile({ values, counts }: Ranked, weights: Float64Array, share: number): number {
  const total = counts.reduce((sum, count, block) => sum + count * (weights[block] ?? 0), 0);
  const mostAbove = Math.floor((1 - share) * total);
  let above = 0;
  for (const { value, block } of values) {
    above += weights[block] ?? 0;
    if (above > mostAbove) return value;
  }
  return Number.NaN; // no block that was drawn has a value
}

/** The same numbers from 0 to below 1 for the same seed: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
