import { expect, it } from 'vitest';
import { kernelAtLeast, kernelVersion } from './kernel-release.ts';

it.each([
  ['6.12.0', [6, 12]],
  ['5.10.0-28-amd64', [5, 10]],
  ['6.18.44-fc-v669', [6, 18]],
  ['6.6', [6, 6]],
  ['rolling', [0, 0]],
  [`${'9'.repeat(400)}.1`, [0, 0]],
])('kernelVersion of %s', (text, version) => {
  expect(kernelVersion(text)).toEqual(version);
});

it.each([
  [6, 12, '6.12.1', true],
  [6, 12, '6.11.99', false],
  [6, 2, '6.12.0', true],
  [6, 12, '7.0.0', true],
  [6, 0, '5.19.17', false],
  [6, 6, 'rolling', false],
])('kernelAtLeast(%i, %i) on %s: %s', (major, minor, text, answer) => {
  expect(kernelAtLeast(major, minor, text)).toBe(answer);
});

it('reads the running kernel unless told', () => {
  expect(kernelVersion()[0]).toBeGreaterThanOrEqual(4);
  expect(kernelAtLeast(...kernelVersion())).toBe(true);
});
