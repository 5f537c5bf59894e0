import { type Comparison, compare, type Pair } from './statistics.ts';

/** One line of a benchmark. */
export interface Figure {
  /** What was measured, from the large to the small: `cost/priority-only/host/saver`. */
  name: string;
  value: number;
  unit: 'ns' | 'packets';
  /** The same of what it is compared with. */
  against: number | null;
  /** Median of the rounds' ratios, and the smallest and largest of them. */
  ratio: number | null;
  range: [number, number] | null;
  /** What `ratio` may be at most, or `value` where there is no ratio; null: nothing was promised. */
  goal: number | null;
  met: boolean | null;
}

/** Nanoseconds, round by round, beside those of the other side. */
export function comparedNs(name: string, pairs: readonly Pair[], goal: number | null = null): Figure {
  const { value, against, ratio, range } = compare(pairs);
  return figure(name, 'ns', { value, against, ratio, range, goal });
}

/** Nanoseconds that are compared with nothing. */
export function ns(name: string, value: number): Figure {
  return figure(name, 'ns', { value, against: null, ratio: null, range: null, goal: null });
}

/** A number of packets; `against` is the other side's. */
export function packets(
  name: string,
  value: number,
  { against = null, goal = null }: { against?: number | null; goal?: number | null } = {},
): Figure {
  return figure(name, 'packets', { value, against, ratio: null, range: null, goal });
}

type Measured = { [Key in keyof Comparison]: Comparison[Key] | null } & {
  value: number;
  goal: number | null;
};

function figure(name: string, unit: Figure['unit'], measured: Measured): Figure {
  const { value, against, ratio, range, goal } = measured;
  return {
    name,
    value: rounded(value, 1),
    unit,
    against: against === null ? null : rounded(against, 1),
    ratio: ratio === null ? null : rounded(ratio, 3),
    range: range === null ? null : [rounded(range[0], 3), rounded(range[1], 3)],
    goal,
    met: goal === null ? null : (ratio ?? value) <= goal,
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
