import { expect, it } from 'vitest';
import { describePriorities, formatPriorities } from './priorities.ts';

it.each([
  [[], '', 'no priority'],
  [[3], '3', 'priority 3'],
  [[3, 5], '3,5', 'priorities 3,5'],
  [[3, 4], '3-4', 'priorities 3-4'],
  [[0, 1, 2, 5, 7, 8], '0-2,5,7-8', 'priorities 0-2,5,7-8'],
])('%j: %s', (priorities, list, words) => {
  expect(formatPriorities(priorities)).toBe(list);
  expect(describePriorities(priorities)).toBe(words);
});
