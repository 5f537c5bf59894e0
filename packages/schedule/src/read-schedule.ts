import { type DocumentFile, readDocument, type Source } from '@tsnctl/document';
import * as z from 'zod';
import { rawSchedule } from './raw-schedule.ts';
import { resolve } from './resolve.ts';
import type { Schedule } from './schedule.ts';
import { refuse } from './units.ts';

/**
 * A schedule from YAML or JSON, and the source to say where its parts stand.
 * @throws DocumentError with file, line, column and key of all that is wrong, and what would be right
 */
export function readSchedule(
  text: string,
  { file }: { file: DocumentFile },
): { schedule: Schedule; source: Source } {
  const { value, source } = readDocument(scheduleSchema, text, { file, example: EXAMPLE });
  return { schedule: value, source };
}

const EXAMPLE =
  'classes: [{name: control, priorities: 6-7}, ...] and gates: [{open: [control], for: 125us}, ...]';

const scheduleSchema: z.ZodType<Schedule> = rawSchedule.transform((value, context) => {
  const resolved = resolve(value);
  if (!('problems' in resolved)) return resolved.schedule;
  for (const problem of resolved.problems) refuse(context, problem);
  return z.NEVER;
});
