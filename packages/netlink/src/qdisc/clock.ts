import { i32 } from '@tsnctl/codec';
import { type Named, named } from '../named.ts';

/** CLOCK_* in linux/time.h */
const clocks = { CLOCK_REALTIME: 0, CLOCK_MONOTONIC: 1, CLOCK_BOOTTIME: 7, CLOCK_TAI: 11 } as const;

/** A clock by its name, as tc(8) spells it. */
export type Clock = Named<typeof clocks>;

export const clock = named(i32, clocks);
