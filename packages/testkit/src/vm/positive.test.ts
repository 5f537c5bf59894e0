import { expect, it } from 'vitest';
import { positive } from './positive.ts';

it('takes whole numbers from 1 on', () => {
  expect(['1', '900'].map((text) => positive('limit', text))).toEqual([1, 900]);
});

it.each(['0', '-1', '1.5', 'x', '', '1e3', '9999999999'])('refuses "%s"', (text) => {
  expect(() => positive('jobs', text)).toThrow(
    expect.objectContaining({ message: `--jobs ${text}: not a whole number from 1 on`, hint: '--jobs 2' }),
  );
});
