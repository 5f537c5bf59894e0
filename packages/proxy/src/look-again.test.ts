import { SystemError } from '@tsnctl/linux';
import { expect, it, vi } from 'vitest';
import { lookAgain } from './look-again.ts';

const [EPERM, ENOENT, ENODEV] = [1, 2, 19];
const refusing = (...errnos: readonly number[]) => {
  const left = [...errnos];
  return vi.fn(() => {
    const errno = left.shift();
    if (errno !== undefined) throw new SystemError('bpf', errno);
    return 'seen';
  });
};

it('looks again where something has just gone', () => {
  expect(lookAgain(refusing(ENOENT, ENODEV))).toBe('seen');
});

it('not for ever, and not where it may not look', () => {
  const never = refusing(...Array<number>(9).fill(ENOENT));
  expect(() => lookAgain(never)).toThrow('bpf: no such file or directory');
  expect(never).toHaveBeenCalledTimes(5);
  const forbidden = refusing(EPERM);
  expect(() => lookAgain(forbidden)).toThrow('bpf: operation not permitted');
  expect(forbidden).toHaveBeenCalledTimes(1);
});
