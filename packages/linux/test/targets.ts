import { equal } from 'node:assert/strict';
import { TsnctlError } from '@tsnctl/codec';
import type { FuzzTarget } from '../../codec/test/fuzz.ts';
import { kernelAtLeast, kernelVersion } from '../src/kernel-release.ts';

export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  {
    name: 'kernelVersion',
    share: 500,
    seeds: ['6.12.0', '5.10.0-28-amd64', '6.6', '6.11-rc1+'].map((text) => new TextEncoder().encode(text)),
    run: (input) => useVersion(new TextDecoder().decode(input)),
  },
];

/** A version is at least itself and no later one; 0.0 stands for a text that is no release. */
function useVersion(text: string): void {
  const [major, minor] = kernelVersion(text);
  if (major === 0 && minor === 0) throw new TsnctlError('NO_RELEASE', 'this text is no release');
  equal(Number.isSafeInteger(major) && Number.isSafeInteger(minor), true, `${major}.${minor}`);
  equal(kernelAtLeast(major, minor, text), true);
  equal(kernelAtLeast(major, minor + 1, text), false);
}
