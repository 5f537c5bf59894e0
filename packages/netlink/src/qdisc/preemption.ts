import { u32 } from '@tsnctl/codec';
import { type Named, named } from '../named.ts';

/** TC_FP_* in linux/pkt_sched.h, Linux 6.4: whether frames of a class can be interrupted by others (IEEE 802.1Qbu). */
const preemptions = { express: 1, preemptible: 2 } as const;

export type FramePreemption = Named<typeof preemptions>;

export const framePreemption = named(u32, preemptions);

/** What tc(8) calls it. */
export function preemptionLetter(value: FramePreemption | undefined): 'E' | 'P' {
  return value === 'preemptible' ? 'P' : 'E';
}
