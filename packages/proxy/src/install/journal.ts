import type { InstallStep } from './model.ts';

/** What was intended, written before the first step. */
export interface JournalPlan {
  readonly id: number;
  readonly verb: 'install' | 'upgrade' | 'uninstall';
  readonly version: string;
  /** /proc/sys/kernel/random/boot_id: volatile steps count as long as this boot lasts. */
  readonly boot: string;
  readonly at: string;
  /** Programs that were attached before. */
  readonly attachments: number;
  /** The runtime's configuration directory that was written to. */
  readonly chain?: string;
  readonly steps: readonly InstallStep[];
}

export type JournalLine =
  | { readonly plan: JournalPlan }
  /** Plan and step: about to be carried out. */
  | { readonly begin: readonly [number, number] }
  | { readonly done: readonly [number, number] }
  /** All steps are done, or all that were begun are undone. */
  | { readonly end: number; readonly how: 'done' | 'undone' };

export interface Journal {
  readonly plans: readonly JournalPlan[];
  /** How each plan ended; one that is missing was interrupted. */
  readonly ends: ReadonlyMap<number, 'done' | 'undone'>;
  /** Plan and step. */
  readonly lastDone?: readonly [number, number];
  /** Lines that could not be read: the last one, where a machine went down in the middle of it. */
  readonly torn: number;
}

export function journalLine(line: JournalLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** Read what is left of a journal: a line that is none is counted and passed over. */
export function parseJournal(text: string): Journal {
  const plans: JournalPlan[] = [];
  const ends = new Map<number, 'done' | 'undone'>();
  let lastDone: readonly [number, number] | undefined;
  let torn = 0;
  for (const raw of text.split('\n').filter(Boolean)) {
    const line = readLine(raw);
    if (line === undefined) torn++;
    else if ('plan' in line) plans.push(line.plan);
    else if ('done' in line) lastDone = line.done;
    else if ('end' in line) ends.set(line.end, line.how);
  }
  return { plans, ends, torn, ...(lastDone && { lastDone }) };
}

function readLine(raw: string): JournalLine | undefined {
  try {
    const line = JSON.parse(raw);
    const isPlan = Number.isSafeInteger(line?.plan?.id) && Array.isArray(line.plan.steps);
    const isMark = [line?.begin, line?.done].some((it) => Array.isArray(it) && it.length === 2);
    const isEnd = Number.isSafeInteger(line?.end);
    return isPlan || isMark || isEnd ? line : undefined;
  } catch {
    return undefined;
  }
}
