import type { Context } from './context.ts';
import type { Finding } from './finding.ts';
import { gateRules } from './rules/gates.ts';
import { launchTimeRules } from './rules/launch-time.ts';
import { queueRules } from './rules/queues.ts';
import type { Rule } from './rules/rule.ts';
import { shaperRules } from './rules/shapers.ts';
import { streamRules } from './rules/streams.ts';
import { timeRules } from './rules/time.ts';
import type { Schedule } from './schedule.ts';

const rules: readonly Rule[] = [
  ...gateRules,
  ...timeRules,
  ...queueRules,
  ...launchTimeRules,
  ...shaperRules,
  ...streamRules,
];

/** What is wrong with a schedule, or worth knowing, in the terms of whoever wrote it. Nothing, if all is well. */
export function validate(schedule: Schedule, context: Context = {}): Finding[] {
  return rules.flatMap((rule) => rule(schedule, context));
}

/** Whether it should not be applied. */
export function isRefused(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}
