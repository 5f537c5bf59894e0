import type { Step } from './model.ts';

/** The step that takes this one back, or undefined where nothing needs to be. */
export function inverse(step: Step): Step | undefined {
  switch (step.do) {
    case 'create-tables':
      return { do: 'remove-tables' };
    case 'remove-tables':
      return { do: 'create-tables' };
    case 'attach':
      return { ...step, do: 'detach' };
    case 'detach':
      return { ...step, do: 'attach' };
    case 'switch':
      return { ...step, from: step.to, to: step.from };
    case 'set-pod':
      return { ...step, policy: step.former, former: step.policy };
    case 'set-uplink':
      return { ...step, uplink: step.former, former: step.uplink };
    case 'move-first':
    case 'remove-stale-pin':
    case 'detach-loose':
      return undefined;
  }
}
