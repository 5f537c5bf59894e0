import type { Context } from '../context.ts';
import type { Finding } from '../finding.ts';
import type { Schedule } from '../schedule.ts';

/** One thing that is looked at. */
export type Rule = (schedule: Schedule, context: Context) => readonly Finding[];

export const nothing: readonly Finding[] = [];

/** How fast the link is, as far as is known. */
export function speedOf(schedule: Schedule, context: Context): bigint | undefined {
  return schedule.linkSpeed ?? context.linkSpeed;
}
