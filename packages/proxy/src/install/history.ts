import type { JournalPlan } from './journal.ts';
import type { BundleFile, PathState, StepOf } from './model.ts';
import { sameState } from './path-state.ts';

/** What the journal's installs and upgrades did to paths. Its uninstalls only go back on that way. */
export interface History {
  /** In the order in which they were touched first. */
  readonly paths: readonly string[];
  readonly trees: Readonly<Record<string, readonly BundleFile[]>>;
  /** What was there before us, given what is there now; undefined where somebody else has changed it since. */
  original(path: string, now: PathState): PathState | undefined;
  /** The same, whatever was done to it since. */
  first(path: string): PathState | undefined;
}

export function historyOf(plans: readonly JournalPlan[]): History {
  const steps = plans.filter(({ verb }) => verb !== 'uninstall').flatMap((plan) => plan.steps);
  const puts = steps.filter((step): step is StepOf<'put'> => step.do === 'put');
  const trees = steps.filter((step): step is StepOf<'put-tree'> => step.do === 'put-tree');
  return {
    paths: [...new Set(steps.flatMap((step) => ('path' in step ? [step.path] : [])))],
    trees: Object.fromEntries(trees.map(({ path, files }) => [path, files])),
    original: (path, now) =>
      original(
        puts.filter((put) => put.path === path),
        now,
      ),
    first: (path) => puts.find((put) => put.path === path)?.was,
  };
}

/** Back from what is there: whoever made it found what it was before, which an earlier step may have made. */
function original(puts: readonly StepOf<'put'>[], now: PathState): PathState | undefined {
  let state = now;
  let found = puts.some(({ was }) => sameState(was, now));
  for (const put of puts.toReversed()) {
    if (!sameState(put.to, state)) continue;
    state = put.was;
    found = true;
  }
  return found ? state : undefined;
}
