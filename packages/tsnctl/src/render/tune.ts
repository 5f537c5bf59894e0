import { describeInterruption, describeTuneStep, type TuneStep, tuneInterruptions } from '@tsnctl/proxy';
import { describeFinding, type Finding, type PlacedFinding } from '@tsnctl/schedule';
import type { Paint } from './colour.ts';

/** A plan for people: numbered steps, with the commands that would do the same where asked for. */
export function renderTuneSteps(
  steps: readonly TuneStep[],
  { dev, dryRun, wide }: { dev: string; dryRun: boolean; wide: boolean },
): string {
  if (steps.length === 0) return `nothing to do: ${dev} is as wanted\n`;
  const lines = steps.map((step, at) => {
    const { text, equivalent } = describeTuneStep(step, dev);
    const number = `${String(at + 1).padStart(2)}. `;
    return wide || dryRun ? `${number}${text}\n      ${equivalent}\n` : `${number}${text}\n`;
  });
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  if (!dryRun) return `${count} done:\n${lines.join('')}`;
  return `${renderTuneInterruptions(steps, dev)}${count} would be taken:\n${lines.join('')}`;
}

/** What a plan takes from traffic, to be said before it is carried out. */
export function renderTuneInterruptions(steps: readonly TuneStep[], dev: string): string {
  const lines = tuneInterruptions(steps, dev).map(describeInterruption);
  return lines.length === 0
    ? ''
    : `this interrupts traffic:\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

const COLOURS = { error: 'red', warning: 'bold', note: undefined } as const;

/** Findings, one a line; with colour what matters. */
export function renderFindings(findings: readonly (Finding | PlacedFinding)[], paint: Paint): string {
  return findings
    .map((finding) => {
      const colour = COLOURS[finding.severity];
      const text = describeFinding(finding);
      return `${colour ? text.replace(finding.severity, paint(colour, finding.severity)) : text}\n`;
    })
    .join('');
}
