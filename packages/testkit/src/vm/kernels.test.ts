import { expect, it } from 'vitest';
import { kernelNamed, kernels } from './kernels.ts';

it('each kernel has its name, and comes from somewhere', () => {
  expect(new Set(kernels.map(({ name }) => name)).size).toBe(kernels.length);
  for (const kernel of kernels) {
    expect(kernelNamed(kernel.name)).toBe(kernel);
    expect(kernel.suites.length).toBeGreaterThan(0);
  }
});

it('says which kernels there are', () => {
  expect(() => kernelNamed('5.10')).toThrow(
    expect.objectContaining({ message: 'there is no kernel "5.10"', hint: '6.1, 6.1-rt, 6.12, newest' }),
  );
});
