import { expect, it } from 'vitest';
import { selects } from './selects.ts';

const labels = { app: 'camera', line: '1' };

it.each([
  ['nothing asked', {}, true],
  ['a label', { matchLabels: { app: 'camera' } }, true],
  ['another value', { matchLabels: { app: 'printer' } }, false],
  ['a label that is not there', { matchLabels: { zone: 'a' } }, false],
  ['In', { matchExpressions: [{ key: 'line', operator: 'In', values: ['1', '2'] }] }, true],
  [
    'In, of a label that is not there',
    { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] },
    false,
  ],
  ['NotIn', { matchExpressions: [{ key: 'line', operator: 'NotIn', values: ['1'] }] }, false],
  [
    'NotIn, of a label that is not there',
    { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
    true,
  ],
  ['Exists', { matchExpressions: [{ key: 'line', operator: 'Exists' }] }, true],
  ['DoesNotExist', { matchExpressions: [{ key: 'line', operator: 'DoesNotExist' }] }, false],
  [
    'all of it',
    { matchLabels: { app: 'camera' }, matchExpressions: [{ key: 'zone', operator: 'Exists' }] },
    false,
  ],
] as const)('%s', (_, selector, expected) => {
  expect(selects(structuredClone(selector) as Parameters<typeof selects>[0], labels)).toBe(expected);
});
