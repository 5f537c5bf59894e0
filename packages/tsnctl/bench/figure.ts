export type Unit = 'ms' | 'calls' | 'ns' | 'MB' | '%' | '/s' | 'kB' | 'kB/s' | 'events';

/** One line of the benchmark. */
export interface Figure {
  /** What was measured, from the large to the small: `add/host`. */
  name: string;
  value: number;
  unit: Unit;
  /** The same of what it is compared with. */
  against: number | null;
  /** Median of the pairs' ratios, and their quartiles. */
  ratio: number | null;
  range: [number, number] | null;
  /** What `ratio` may be at most, or `value` where there is no ratio; null: nothing was promised. */
  goal: number | null;
  met: boolean | null;
}

/** The same thing done in two ways, one right after the other, in milliseconds. */
export interface Pair {
  value: number;
  against: number;
}

/**
 * Medians of both sides, and of the ratios of the pairs: what else the machine does moves both sides of a pair,
 * so the ratios are steadier than the values.
 */
export function comparedMs(name: string, pairs: readonly Pair[], goal: number | null = null): Figure {
  return compared(name, 'ms', pairs, goal);
}

/** The same in another unit. */
export function compared(
  name: string,
  unit: Figure['unit'],
  pairs: readonly Pair[],
  goal: number | null = null,
): Figure {
  const ratios = pairs.map(({ value, against }) => value / against);
  return figure(name, unit, {
    value: quantile(
      pairs.map(({ value }) => value),
      0.5,
    ),
    against: quantile(
      pairs.map(({ against }) => against),
      0.5,
    ),
    ratio: quantile(ratios, 0.5),
    range: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    goal,
  });
}

/** Milliseconds that are compared with nothing. */
export function ms(name: string, value: number, goal: number | null = null): Figure {
  return measured(name, 'ms', value, goal);
}

/** The median of milliseconds that are compared with nothing. */
export function medianMs(name: string, values: readonly number[]): Figure {
  return ms(name, quantile(values, 0.5));
}

/** What is compared with nothing: a value, or the middle of some. */
export function measured(
  name: string,
  unit: Unit,
  values: number | readonly number[],
  goal: number | null = null,
): Figure {
  const value = typeof values === 'number' ? values : quantile(values, 0.5);
  return figure(name, unit, { value, against: null, ratio: null, range: null, goal });
}

/** How many calls there were of something. */
export function calls(name: string, value: number, goal: number | null = null): Figure {
  return measured(name, 'calls', value, goal);
}

function figure(
  name: string,
  unit: Figure['unit'],
  { value, against, ratio, range, goal }: Pick<Figure, 'value' | 'against' | 'ratio' | 'range' | 'goal'>,
): Figure {
  const round = (number: number) => Number(number.toFixed(3));
  return {
    name,
    value: round(value),
    unit,
    against: against === null ? null : round(against),
    ratio: ratio === null ? null : round(ratio),
    range: range === null ? null : [round(range[0]), round(range[1])],
    goal,
    met: goal === null ? null : (ratio ?? value) <= goal,
  };
}

/** The smallest value that is not below this share of the values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
