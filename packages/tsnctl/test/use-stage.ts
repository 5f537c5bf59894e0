import { afterEach, beforeEach, expect } from 'vitest';
import { killRunning } from './cli.ts';
import { requireMachine } from './requirements.ts';
import { NodeStage, type StageOptions } from './stage.ts';

export const DONE = { code: 0, stderr: '' };
export const NOTHING_TO_DO = { ...DONE, stdout: 'nothing to do: all is as wanted\n' };

/** A stage for each test of a file, told by `stage()`; no test leaves a command running. */
export function useStage(options: StageOptions = {}): () => NodeStage {
  let current: NodeStage;
  beforeEach((ctx) => {
    requireMachine(ctx);
    current = NodeStage.create(options);
  });
  afterEach(async () => {
    const running = await killRunning();
    await current?.[Symbol.asyncDispose]();
    expect(running).toEqual([]);
  });
  return () => current;
}
