import { expect, it } from 'vitest';
import { usableCpus } from './flood.ts';

it.each([
  ['0', [0]],
  ['0-3', [0, 1, 2, 3]],
  ['1,4-6,9', [1, 4, 5, 6, 9]],
])('Cpus_allowed_list %s', (list, cpus) => {
  expect(usableCpus(`Name:\tnode\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`)).toEqual(cpus);
});
