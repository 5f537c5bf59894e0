import { expect, it } from 'vitest';
import { virtualMachine } from './virtual-machine.ts';

it.each([
  [{}, undefined],
  [{ TSNCTL_VM: '6.1' }, { kernel: '6.1', set: 'short' }],
  [
    { TSNCTL_VM: '6.1', TSNCTL_VM_SET: 'short' },
    { kernel: '6.1', set: 'short' },
  ],
  [
    { TSNCTL_VM: 'newest', TSNCTL_VM_SET: 'full' },
    { kernel: 'newest', set: 'full' },
  ],
])('virtualMachine %j', (env, expected) => {
  expect(virtualMachine(env)).toEqual(expected);
});
