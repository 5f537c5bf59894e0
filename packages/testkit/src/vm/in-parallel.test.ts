import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

it.each([1, 2, 5])('%i at a time, results in order', async (jobs) => {
  let now = 0;
  let most = 0;
  const results = await inParallel([1, 2, 3, 4], jobs, async (item) => {
    most = Math.max(most, ++now);
    for (let i = item; i < 5; i++) await setImmediate();
    now--;
    return item * 10;
  });
  expect(results).toEqual([10, 20, 30, 40]);
  expect(most).toBe(Math.min(jobs, 4));
});

it('throws what failed, when the others are done', async () => {
  const done: number[] = [];
  const work = async (item: number) => {
    if (item === 1) throw new Error('one');
    await setImmediate();
    done.push(item);
  };
  await expect(inParallel([1, 2], 2, work)).rejects.toThrow('one');
  expect(done).toEqual([2]);
});
