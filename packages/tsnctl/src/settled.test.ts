import { expect, it, vi } from 'vitest';
import { settled } from './settled.ts';

const looks = (...found: readonly string[][]) => {
  const left = [...found];
  return vi.fn(() => left.shift() ?? []);
};
const isAmiss = (drift: readonly string[]) => drift.length > 0;

it('one look is enough where all is well', async () => {
  const look = looks([]);
  expect(await settled(look, isAmiss)).toEqual([]);
  expect(look).toHaveBeenCalledTimes(1);
});

it('what was amiss for a moment is not told, what stays is', async () => {
  expect(await settled(looks(['strip where saver is wanted'], []), isAmiss)).toEqual([]);
  expect(await settled(looks(['strip', 'clock'], ['clock']), isAmiss)).toEqual(['clock']);
});
