import type { BenchPart } from '../run-bench.ts';

export interface Effort {
  /** Pairs of a dump and the tool's. */
  dumps: number;
  /** Schedules that are encoded, and validated. */
  schedules: number;
}

export const efforts: Record<'full' | 'quick', Effort> = {
  full: { dumps: 21, schedules: 100_000 },
  quick: { dumps: 5, schedules: 10_000 },
};

export type Part = BenchPart<Effort>;

/** Lets a signal be heard amid work that does not wait for anything. */
export async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
