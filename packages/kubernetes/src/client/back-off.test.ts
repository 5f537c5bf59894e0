import { expect, it } from 'vitest';
import { backOffMs } from './back-off.ts';

it('waits twice as long after each failure, at most half a minute, and each node for another time', () => {
  const longest = [0, 1, 2, 3, 6, 7, 20, 2_000].map((failures) => backOffMs(failures, () => 1));
  expect(longest).toEqual([250, 500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
  expect(backOffMs(3, () => 0)).toBe(1_000); // between half of it and all of it
  expect(new Set(Array.from({ length: 20 }, () => backOffMs(5))).size).toBeGreaterThan(10);
});
