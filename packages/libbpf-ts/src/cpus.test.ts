import { expect, it } from 'vitest';
import { possibleCpus } from './cpus.ts';

it.each([
  ['0', 1],
  ['0-3', 4],
  ['0,2-5', 5],
  ['0-1,4-5,8', 5],
  ['0-127\n', 128],
])('possibleCpus of %j: %i', (text, count) => {
  expect(possibleCpus(text)).toBe(count);
});

it('reads those of this machine unless told', () => {
  expect(possibleCpus()).toBeGreaterThanOrEqual(1);
});
