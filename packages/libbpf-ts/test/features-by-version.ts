import { kernelAtLeast } from '@tsnctl/linux';
import { expect } from 'vitest';
import { type Feature, featureNames, probe } from '../src/features.ts';

/** Types of maps and programs that every configuration has which runs these tests. */
const types: Feature[] = [
  ...(['hash', 'array', 'prog_array', 'percpu_hash', 'percpu_array', 'lru_hash', 'lpm_trie'] as const).map(
    (type) => `map:${type}` as const,
  ),
  ...(['array_of_maps', 'hash_of_maps', 'queue', 'stack', 'ringbuf', 'bloom_filter'] as const).map(
    (type) => `map:${type}` as const,
  ),
  'map:user_ringbuf',
  'program:sched_cls',
  'program:xdp',
  'program:socket_filter',
  'program:syscall',
];

/** What depends on how the kernel was configured, besides its version. */
const OPTIONAL: readonly Feature[] = ['netkit'];

/** A kernel has what its version has, and lacks what a later one brought. */
export function expectFeaturesByVersion(): void {
  for (const feature of [...featureNames(), ...types]) {
    const { supported, since = '3.18' } = probe(feature);
    const [major = 0, minor = 0] = since.split('.').map(Number);
    const wanted = kernelAtLeast(major, minor);
    if (OPTIONAL.includes(feature) && wanted) continue;
    expect({ feature, supported }).toEqual({ feature, supported: wanted });
  }
}
