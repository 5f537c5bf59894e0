import type { Schedule } from './schedule.ts';
import { MAX_FRAME_BYTES } from './wire-time.ts';

const USUAL_MTU = 1500;

/** The largest frame of a class, with a VLAN tag, in bytes: what it says, or what the MTU allows. */
export function largestFrame(
  { classes }: Pick<Schedule, 'classes'>,
  tc: number,
  mtu: number = USUAL_MTU,
): number {
  return classes[tc]?.maxFrame ?? mtu + MAX_FRAME_BYTES - USUAL_MTU;
}
