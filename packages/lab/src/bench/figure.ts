import { type Comparison, compare, median, type Pair, type RatioInterval } from './statistics.ts';

export type Unit = 'ns' | 'us' | 'ms' | 'calls' | 'events' | 'packets' | 'kB' | 'MB' | '%' | '/s' | 'kB/s';

/** One line of a benchmark. */
export interface Figure {
  /** What was measured, from the large to the small: `cost/priority-only/host/saver`. */
  name: string;
  value: number;
  unit: Unit;
  /** The same of what it is compared with. */
  against: number | null;
  /** Median of the pairs' ratios, and their quartiles; or a ratio, and the ends of the interval in which it lies. */
  ratio: number | null;
  range: [number, number] | null;
  /**
   * What `ratio` may be at most (of an interval, its low end), or `value` where there is no ratio; null: nothing was
   * promised.
   */
  goal: number | null;
  met: boolean | null;
}

/** The same thing in two ways, pair by pair. */
export function compared(
  name: string,
  unit: Unit,
  pairs: readonly Pair[],
  goal: number | null = null,
): Figure {
  return comparison(name, unit, compare(pairs), goal);
}

/** Pairs that have been compared already. */
export function comparison(
  name: string,
  unit: Unit,
  compared: Comparison,
  goal: number | null = null,
): Figure {
  return figure(name, unit, { ...compared, goal });
}

/** A value, or the middle of some; `against` is told beside it. */
export function measured(
  name: string,
  unit: Unit,
  values: number | readonly number[],
  { against = null, goal = null }: { against?: number | null; goal?: number | null } = {},
): Figure {
  const value = typeof values === 'number' ? values : median(values);
  return figure(name, unit, { value, against, ratio: null, range: null, goal });
}

/** Something of which one run has a single ratio, and an interval around it: a quantile far from the middle. */
export function bounded(
  name: string,
  unit: Unit,
  { value, against }: Pair,
  { ratio, low, high }: RatioInterval,
  goal: number,
): Figure {
  return { ...figure(name, unit, { value, against, ratio, range: [low, high], goal }), met: low <= goal };
}

type Measured = { [Key in keyof Comparison]: Comparison[Key] | null } & {
  value: number;
  goal: number | null;
};

function figure(name: string, unit: Unit, { value, against, ratio, range, goal }: Measured): Figure {
  return {
    name,
    value: rounded(value),
    unit,
    against: against === null ? null : rounded(against),
    ratio: ratio === null ? null : rounded(ratio),
    range: range === null ? null : [rounded(range[0]), rounded(range[1])],
    goal,
    met: goal === null ? null : (ratio ?? value) <= goal,
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
