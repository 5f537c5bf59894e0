import type { Journal, JournalPlan } from './journal.ts';
import type { InstallStep } from './model.ts';

/** The last plan, where it was interrupted. */
export function interruptedPlan({ plans, ends }: Journal): JournalPlan | undefined {
  const last = plans.at(-1);
  return last && !ends.has(last.id) ? last : undefined;
}

/**
 * What an interrupted plan has left to do. Files show by themselves whether they are as they shall be; whether systemd
 * has read them, and the agent runs what they are now, is known from here alone. After a boot both is so.
 */
export function unfinishedSteps(journal: Journal | undefined, boot: string): readonly InstallStep[] {
  const plan = journal && interruptedPlan(journal);
  if (plan === undefined || plan.boot !== boot) return [];
  const [id, at] = journal?.lastDone ?? [];
  return plan.steps.slice(id === plan.id && at !== undefined ? at + 1 : 0);
}
