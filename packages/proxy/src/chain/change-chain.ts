import { existsSync } from 'node:fs';
import type { ChainPlan, ConfDir } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { lock } from '@tsnctl/linux';
import { carryOut } from '../fault-point.ts';
import { performChainStep, removeTemporaries } from './perform-chain-step.ts';
import { readConfDir } from './read-conf-dir.ts';

/** A plan for a directory: `planChainInstall`, `planChainRepair` or `planChainRemove` with what they want. */
export type ChainPlanner = (dir: ConfDir) => ChainPlan;

/**
 * Look at a runtime's configuration directory, carry out the plan, and look again. One process at a time: LOCKED
 * where another is at it. Each step leaves a state that the runtime can use. @throws TsnctlError
 */
export function changeChain(directory: string, planner: ChainPlanner): ChainPlan {
  requireDirectory(directory);
  using _ = lock(directory);
  removeTemporaries(directory);
  const plan = planner(readConfDir(directory));
  for (const step of plan.steps) carryOut('chain', step, () => performChainStep(directory, step));
  if (plan.steps.length > 0 && planner(readConfDir(directory)).steps.length > 0) {
    throw new TsnctlError(
      'NOT_VERIFIED',
      `${directory} is not as it was left: somebody else changes it, too`,
      {
        hint: 'the same again; tsnctl cni show says what is there',
      },
    );
  }
  return plan;
}

/** The plan alone; nothing is changed. */
export function lookAtChain(directory: string, planner: ChainPlanner): ChainPlan {
  requireDirectory(directory);
  return planner(readConfDir(directory));
}

function requireDirectory(directory: string): void {
  if (existsSync(directory)) return;
  throw new TsnctlError('NO_CONF_DIR', `there is no directory ${directory}`, {
    hint: "--conf-dir DIR, as the runtime's configuration has it; crictl info shows it",
  });
}
