import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { measured } from '@tsnctl/lab';
import type { Measure } from '../run-bench.ts';
import { filledFlows, loadBench } from './stage.ts';

/** What is in use may differ by so much between the first tenth of an iteration and any later one. */
const GOAL_MB = 2;

/** An iteration over a million entries: the growth of what is in use, after the garbage collector has been. */
export const memory: Measure = ({ quick }) => {
  const count = quick ? 100_000 : 1_000_000;
  using object = loadBench({ flows: count });
  using map = filledFlows(object, count);
  const inUse: number[] = [];
  let seen = 0;
  for (const _ of map) if (++seen % (count / 10) === 0) inUse.push(megabytesInUse());
  const growth = Math.max(...inUse) - (inUse[0] ?? 0);
  return [measured(`memory/iteration-${count / 1000}k`, 'MB', growth, { goal: GOAL_MB })];
};

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function megabytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
