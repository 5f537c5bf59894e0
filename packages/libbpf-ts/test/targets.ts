import { equal } from 'node:assert/strict';
import type { FuzzTarget } from '../../codec/test/fuzz.ts';
import { possibleCpus } from '../src/cpus.ts';

export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  {
    name: 'possibleCpus',
    share: 500,
    seeds: ['0', '0-3\n', '0,2-5', '0-1,4-5,8'].map((text) => new TextEncoder().encode(text)),
    run: (input) => {
      const count = possibleCpus(new TextDecoder().decode(input));
      equal(Number.isSafeInteger(count) && count >= 1, true, `${count} CPUs`);
    },
  },
];
