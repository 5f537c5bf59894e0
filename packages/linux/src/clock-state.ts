import { systemCall } from './libc.ts';

/** How the kernel keeps time. */
export interface ClockState {
  /** TAI minus UTC, in seconds; 0 where nobody has told. */
  readonly taiOffsetS: number;
  /** Somebody keeps the clock: STA_UNSYNC is not set. */
  readonly synchronised: boolean;
  /** How far off it may be, in microseconds, as the one who keeps it says. */
  readonly maxErrorUs: number;
}

// struct timex and STA_* of linux/timex.h, on 64 bits.
const SIZE = 208;
const MAXERROR = 24;
const STATUS = 40;
const TAI = 160;
const STA_UNSYNC = 0x40;

const adjtimex = systemCall('int adjtimex(_Inout_ uint8_t *timex)');

/** Ask, and set nothing. Equivalent to: adjtimex --print @throws SystemError */
export function clockState(): ClockState {
  const timex = new Uint8Array(SIZE);
  adjtimex(timex);
  const view = new DataView(timex.buffer);
  return {
    taiOffsetS: view.getInt32(TAI, true),
    synchronised: (view.getInt32(STATUS, true) & STA_UNSYNC) === 0,
    maxErrorUs: Number(view.getBigInt64(MAXERROR, true)),
  };
}
