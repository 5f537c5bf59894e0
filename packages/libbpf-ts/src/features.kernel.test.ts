import { kernelAtLeast } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectFeaturesByVersion } from '../test/features-by-version.ts';
import { probe, requireFeature, supported } from './features.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 10] }));

describe('probe', () => {
  it('finds what the kernel of this version has', () => {
    expectFeaturesByVersion();
  });

  it('names the kernel that has what this one lacks', () => {
    const lacking = kernelAtLeast(6, 19) ? undefined : 'map:insn_array';
    if (lacking === undefined) return expect(probe('map:insn_array').since).toBe('6.19');
    expect(() => requireFeature(lacking)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/^this kernel \(\d+\..*\) has no map type insn_array$/),
        hint: 'a kernel from 6.19 on, built with it',
      }),
    );
  });

  it('blames the kernel only for what it lacks', () => {
    const refuse = () => {
      throw Object.assign(new Error('bad'), { code: 'EINVAL' });
    };
    expect(() => supported('ringbuf', refuse)).toThrow('bad');
  });
});
