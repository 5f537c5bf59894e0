import { TsnctlError } from '@tsnctl/codec';
import type { Check } from './check.ts';
import { checks } from './checks.ts';
import { type Finding, SEVERITIES } from './finding.ts';
import type { NodeFacts } from './node-facts.ts';

/** What all checks of a node find, the worst first; of those named in `only`, if any are. @throws TsnctlError USAGE */
export function diagnose(facts: NodeFacts, only: readonly string[] = []): Finding[] {
  return judge(checks, facts, only);
}

/** The same of other checks, over other facts. @throws TsnctlError USAGE */
export function judge<Facts>(
  checks: readonly Check<Facts>[],
  facts: Facts,
  only: readonly string[] = [],
): Finding[] {
  const unknown = only.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) {
    const known = checks.map(({ name }) => name).join(', ');
    throw new TsnctlError('USAGE', `there is no check ${unknown}`, { hint: `one of ${known}` });
  }
  const wanted = checks.filter(({ name }) => only.length === 0 || only.includes(name));
  const found = wanted.flatMap(({ name, run }) =>
    run(facts).map((one): Finding => ({ check: name, ...one })),
  );
  return found.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

/** Whether something is found that a change makes which is under way: another look tells. */
export function mayPass(findings: readonly Finding[]): boolean {
  const passing = new Set(checks.filter((check) => check.mayPass).map(({ name }) => name));
  return findings.some(({ check, severity }) => passing.has(check) && severity !== 'ok');
}

/** Whether anything is wrong: what makes doctor end with exit code 3. */
export function isIll(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error' || severity === 'warning');
}
