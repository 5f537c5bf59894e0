import type { Lab } from '../lab.ts';
import type { Figure } from './figure.ts';

/** How much a run measures. */
export interface Effort {
  /** Pairs of measurements of which the median is taken. */
  rounds: number;
  /** Packets of one sender in one round. */
  flood: number;
  /** Runs of a program in one test run. */
  testRuns: number;
  /** How many pods the tables hold, one after the other; the first is what the others are compared with. */
  pods: readonly number[];
  /** Packets that are judged, in thousands, for each design. */
  judgedThousands: number;
}

/** What the parts of a benchmark are given. */
export interface Bench {
  effort: Effort;
  /** The sender in C. */
  talker: string;
  cpus: readonly number[];
  signal: AbortSignal | undefined;
  /** A lab for one rig; gone with the part. */
  lab(): Lab;
}

/** A part of a benchmark, with what it says of itself while it runs. */
export interface Part {
  title: string;
  run(bench: Bench): Promise<Figure[]>;
}
