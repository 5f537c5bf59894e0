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

/** Pairs in one: the median of each side, and of the ratios of the pairs, with the smallest and largest of these. */
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
    range: [Math.min(...ratios), Math.max(...ratios)],
  };
}
