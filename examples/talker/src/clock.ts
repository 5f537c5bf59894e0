import { check, clockGettime, clockNanosleep, errnos } from './libc.ts';
import type { ClockName } from './options.ts';

export const clockIds: Record<ClockName, number> = { mono: 1, tai: 11 }; // CLOCK_* in linux/time.h

const timespec = Buffer.alloc(16);

/** Nanoseconds that the clock shows now. */
export function readClock(clock: ClockName): bigint {
  check(clockGettime(clockIds[clock], timespec), 'clock_gettime');
  return timespec.readBigInt64LE(0) * 1_000_000_000n + timespec.readBigInt64LE(8);
}

/** Sleep until CLOCK_MONOTONIC shows this time; returns at once when it is over. */
export function sleepUntil(timeNs: bigint): void {
  const absolute = 1; // TIMER_ABSTIME
  timespec.writeBigInt64LE(timeNs / 1_000_000_000n, 0);
  timespec.writeBigInt64LE(timeNs % 1_000_000_000n, 8);
  while (clockNanosleep(clockIds.mono, absolute, timespec, null) === errnos.EINTR);
}
