import type { Schedule } from '../src/schedule.ts';

/** A schedule of which only what matters is said. */
export function schedule(parts: Partial<Schedule>): Schedule {
  return {
    qdisc: 'taprio',
    clock: 'tai',
    offload: 'none',
    baseTime: 0n,
    ptpPriority: 0,
    classes: [],
    gates: [],
    streams: [],
    ...parts,
  };
}
