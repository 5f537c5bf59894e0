import { describeStep } from '../describe.ts';
import type { Step } from '../model.ts';

const MENDING: ReadonlySet<Step['do']> = new Set(['attach', 'switch', 'move-first']);
const FEW = 8;
const FEW_PATHS = 4;

/** Steps that put back what was there, at interfaces that had been in order. */
export function mendingSteps(steps: readonly Step[], inOrder: ReadonlySet<number>): Step[] {
  return steps.filter((step) => MENDING.has(step.do) && 'ifindex' in step && inOrder.has(step.ifindex));
}

/** The first few of them in a line. */
export function describeMended(steps: readonly Step[]): string {
  const texts = steps.slice(0, FEW).map((step) => describeStep(step).text);
  return `mended what was not as it had been left: ${texts.join('; ')}`;
}

/** Pins that were removed and are there again. */
export function describePinnedAgain(paths: readonly string[]): string {
  const more = paths.length - FEW_PATHS;
  const which = `${paths.slice(0, FEW_PATHS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `somebody has removed pins; they are back, and nothing was off meanwhile: ${which}`;
}
