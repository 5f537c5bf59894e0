import { systemCall } from './libc.ts';

/** Clock ids of linux/time.h. */
const ids = { realtime: 0, monotonic: 1, tai: 11 } as const;

export type ClockName = keyof typeof ids;

const clockGettime = systemCall('int clock_gettime(int clock, _Out_ int64_t *timespec)');

/** The time of a clock, in nanoseconds since 1970 (realtime; tai, which is ahead by the leap seconds) or since boot. */
export function clockNs(clock: ClockName): bigint {
  const timespec = new BigInt64Array(2);
  clockGettime(ids[clock], timespec);
  return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
}
