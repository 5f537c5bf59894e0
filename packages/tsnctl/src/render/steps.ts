import { describeStep, type Step } from '@tsnctl/proxy';

/** A plan for people: numbered steps; `wide` adds the command that would do the same. */
export function renderSteps(steps: readonly Step[], options: { dryRun: boolean; wide: boolean }): string {
  if (steps.length === 0) return 'nothing to do: all is as wanted\n';
  const lines = steps.map(describeStep).map(({ text, equivalent }, at) => {
    const number = String(at + 1).padStart(2);
    return options.wide || options.dryRun
      ? `${number}. ${text}\n      ${equivalent}\n`
      : `${number}. ${text}\n`;
  });
  const head = options.dryRun ? `${steps.length} steps would be taken:\n` : `${steps.length} steps done:\n`;
  return head + lines.join('');
}
