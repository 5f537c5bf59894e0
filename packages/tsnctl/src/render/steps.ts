import { describeInterruption, describeStep, interruptions, type Step } from '@tsnctl/proxy';

/** A plan for people: numbered steps; `wide` adds the command that would do the same. */
export function renderSteps(steps: readonly Step[], options: { dryRun: boolean; wide: boolean }): string {
  if (steps.length === 0) return 'nothing to do: all is as wanted\n';
  const lines = steps.map(describeStep).map(({ text, equivalent }, at) => {
    const number = String(at + 1).padStart(2);
    return options.wide || options.dryRun
      ? `${number}. ${text}\n      ${equivalent}\n`
      : `${number}. ${text}\n`;
  });
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  if (!options.dryRun) return `${count} done:\n${lines.join('')}`;
  return `${renderInterruptions(steps)}${count} would be taken:\n${lines.join('')}`;
}

/** What a plan interrupts, to be said before it is carried out; nothing where it interrupts nothing. */
export function renderInterruptions(steps: readonly Step[]): string {
  const found = interruptions(steps).map(describeInterruption);
  return found.length === 0
    ? ''
    : `this interrupts traffic:\n${found.map((line) => `    ${line}\n`).join('')}`;
}
