import { kernelAtLeast } from '@tsnctl/linux';
import { testNamespace, useLeakCheck, virtualMachine } from '@tsnctl/testkit';
import { describe, expect, it } from 'vitest';
import { expectFeaturesByVersion } from '../test/features-by-version.ts';
import { testObject } from '../test/objects.ts';
import { BpfObject } from './object.ts';

useLeakCheck();

const shapes = () => BpfObject.open(testObject('shapes'), 'shapes').load();

it('finds the features that this kernel has by its version', () => {
  expectFeaturesByVersion();
});

/** Not for this kernel: not defined, as a skipped test is a failure where none may be. */
const describeIf = (holds: boolean) => (holds ? describe : () => undefined);

describeIf(kernelAtLeast(6, 7))('netkit', () => {
  it('runs a program for what either half sends, until the link is closed', () => {
    using namespace = testNamespace();
    const ifindex = namespace.add({ kind: 'netkit', name: 'nk0', peer: { name: 'nk1' } });
    using object = shapes();
    using one = object.program('answering');
    using two = object.program('other');
    for (const side of ['primary', 'peer'] as const) {
      using link = one.attachNetkit({ ifindex, side, netns: namespace.netns });
      expect(link.describe()).toEqual({
        id: expect.any(Number),
        type: 'netkit',
        programId: one.info().id,
        ifindex: side === 'primary' ? ifindex : expect.any(Number), // the peer's own
        hook: side,
      });
      link.update(two);
      expect(link.describe().programId).toBe(two.info().id);
      link.detach();
      expect(link.describe().ifindex).toBe(0);
    }
    expect(() => one.attachNetkit({ ifindex: 1, side: 'peer', netns: namespace.netns })).toThrow(
      expect.objectContaining({ code: 'ENXIO' }),
    );
  });
});

describeIf(!kernelAtLeast(6, 6))('a kernel without tcx and netkit', () => {
  it.each([
    ['tcx', '6.6', { direction: 'ingress' }],
    ['netkit', '6.7', { side: 'peer' }],
  ] as const)('says so: %s', (feature, since, where) => {
    using object = shapes();
    using program = object.program('answering');
    const attach = () =>
      'side' in where
        ? program.attachNetkit({ ifindex: 1, ...where })
        : program.attachTcx({ ifindex: 1, ...where });
    expect(attach).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(new RegExp(`^this kernel \\(\\d.*\\) has no ${feature}$`)),
        hint: `a kernel from ${since} on, built with it`,
      }),
    );
  });
});

// In the full set all that is proven on the machine's own kernel is proven here.
if (virtualMachine()?.set === 'full') {
  await import('./map-types.kernel.test.ts');
  await import('./ring-buffer.kernel.test.ts');
  await import('./clsact.kernel.test.ts');
}
