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

it.each([
  ['', '"" is not a list of CPUs: ""'],
  ['0-3,x', '"0-3,x" is not a list of CPUs: "x"'],
  ['3-0', '"3-0" is not a list of CPUs: "3-0"'],
])('possibleCpus refuses %j', (text, message) => {
  expect(() => possibleCpus(text)).toThrow(expect.objectContaining({ code: 'BAD_CPU_LIST', message }));
});

it('reads those of this machine unless told', () => {
  expect(possibleCpus()).toBeGreaterThanOrEqual(1);
});
