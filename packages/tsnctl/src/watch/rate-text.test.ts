import { expect, it } from 'vitest';
import { rateText } from './rate-text.ts';

it.each([
  [0, '·'],
  [0.25, '0.3'],
  [9.5, '9.5'],
  [12.4, '12'],
  [999.4, '999'],
  [999.6, '1.0k'],
  [1234, '1.2k'],
  [12_345, '12k'],
  [999_600, '1.0M'],
  [1.3e6, '1.3M'],
  [2.5e9, '2.5G'],
  [4e13, '40000G'],
])('%s is %s', (rate, text) => {
  expect(rateText(rate)).toBe(text);
});
