import { expect, it } from 'vitest';
import { type JournalPlan, parseJournal } from './journal.ts';
import type { InstallStep } from './model.ts';
import { interruptedPlan, unfinishedSteps } from './unfinished.ts';

const STEPS: readonly InstallStep[] = [
  { do: 'reload-units' },
  { do: 'renew-programs' },
  { do: 'detach-all' },
];
const plan: JournalPlan = {
  ...{ id: 1, verb: 'install', version: '1', boot: 'this', at: '', attachments: 0 },
  steps: STEPS,
};

const journal = (...lines: readonly object[]) =>
  parseJournal(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

it.each<[string, readonly object[], readonly InstallStep[]]>([
  ['nothing was begun', [{ plan }], STEPS],
  ['one was begun', [{ plan }, { begin: [1, 0] }], STEPS],
  ['one was done', [{ plan }, { done: [1, 0] }], STEPS.slice(1)],
  ['all were done', [{ plan }, { done: [1, 2] }], []],
  ['it has come to its end', [{ plan }, { done: [1, 0] }, { end: 1, how: 'undone' }], []],
  ['it was another boot', [{ plan: { ...plan, boot: 'that' } }], []],
  ['the one before was done', [{ plan }, { done: [1, 2] }, { plan: { ...plan, id: 2 } }], STEPS],
])('of a plan of which %s', (_, lines, left) => {
  expect(unfinishedSteps(journal(...lines), 'this')).toEqual(left);
});

it('there is none without a journal', () => {
  expect(unfinishedSteps(undefined, 'this')).toEqual([]);
  expect(interruptedPlan(journal())).toBeUndefined();
  expect(interruptedPlan(journal({ plan }))).toEqual(plan);
});
