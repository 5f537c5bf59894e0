import { TsnctlError } from '@tsnctl/codec';
import type { FuzzTarget } from '../../packages/codec/test/fuzz.ts';

const kept: Uint8Array[] = [];

/** Targets with a fault each, which `npm run fuzz` must find; tools/fuzz.test.ts looks whether it does. */
export const targets: readonly FuzzTarget[] = [
  planted('sound', () => undefined),
  planted('throws', (input) => {
    if (input[0] === 0x7f) throw new TypeError('planted');
  }),
  planted('loops', (input) => {
    while (input[0] === 0x7f);
  }),
  planted('leaks', () => {
    kept.push(new Uint8Array(2 ** 15).fill(1));
  }),
  planted('dies', (input) => {
    if (input[0] === 0x7f) process.abort();
  }),
];

function planted(name: string, fault: (input: Uint8Array) => void): FuzzTarget {
  const run = (input: Uint8Array) => {
    fault(input);
    if (input.length < 3) throw new TsnctlError('SHORT', 'too short');
  };
  return { name, share: 1, seeds: [Uint8Array.of(1, 2, 3, 4)], run };
}
