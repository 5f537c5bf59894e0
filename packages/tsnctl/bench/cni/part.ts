import type { BenchPart } from '../run-bench.ts';

export interface Effort {
  /** Pairs of VERSION. */
  versions: number;
  /** Pairs of ADD, in each mode. */
  adds: number;
  /** How often 30 pods come at once. */
  bursts: number;
  /** Pairs of RunPodSandbox. */
  pods: number;
}

export const efforts: Record<'full' | 'quick', Effort> = {
  full: { versions: 200, adds: 40, bursts: 5, pods: 150 },
  quick: { versions: 30, adds: 8, bursts: 1, pods: 6 },
};

export type Part = BenchPart<Effort>;
