import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainPlanner } from './change-chain.ts';

const BINARY = 'tsnctl';

/** A planner that puts our entry nowhere where the runtime would not find our binary: no pod could start. */
export function onlyWithBinary(planner: ChainPlanner, binDirs: readonly string[]): ChainPlanner {
  return (dir) => {
    const plan = planner(dir);
    if (plan.steps.length === 0 || binDirs.some((directory) => existsSync(join(directory, BINARY))))
      return plan;
    const finding = {
      code: 'NO_BINARY',
      severity: 'warning',
      message: `our plugin is not in ${binDirs.join(', ')}, so the chain is left as it is`,
      hint: 'tsnctl install, which puts it there; or copy it by hand',
    } as const;
    return { steps: [], findings: [...plan.findings, finding] };
  };
}
