import { expect, it } from 'vitest';
import { mapLayout } from './map-layout.ts';

it.each([
  ['hash', 1, 12, 4, { isArray: false, copies: 1, stride: 12 }],
  ['array', 2, 12, 4, { isArray: true, copies: 1, stride: 12 }],
  ['per-CPU hash', 5, 12, 4, { isArray: false, copies: 4, stride: 16 }],
  ['per-CPU array', 6, 16, 4, { isArray: true, copies: 4, stride: 16 }],
  ['LRU per-CPU hash', 10, 1, 2, { isArray: false, copies: 2, stride: 8 }],
  // The kernel rounds up here too: a buffer of 12 bytes would be overrun.
  ['per-CPU array on a machine with one CPU', 6, 12, 1, { isArray: true, copies: 1, stride: 16 }],
])('%s', (_, type, valueSize, cpus, layout) => {
  expect(mapLayout({ type, keySize: 4, valueSize }, cpus)).toMatchObject(layout);
});
