import { VmError } from './vm-error.ts';

/** How many of the tests run: all, or those that tell most. */
export type TestSet = 'short' | 'full';

/** A kernel that Debian serves. */
export interface Kernel {
  readonly name: string;
  /** Where it comes from; the highest version in any of them is taken. Those that no apt source can serve are left out. */
  readonly suites: readonly string[];
  /** The metapackage, which depends on the kernel itself. */
  readonly package: string;
  /** What runs of it: `short` in every run, `full` with `--full`. */
  readonly runs: { readonly short: boolean; readonly full: TestSet };
}

export const kernels: readonly Kernel[] = [
  {
    name: '6.1',
    suites: ['bookworm', 'bookworm-security'],
    package: 'linux-image-amd64',
    runs: { short: true, full: 'full' },
  },
  {
    name: '6.1-rt',
    suites: ['bookworm', 'bookworm-security'],
    package: 'linux-image-rt-amd64',
    runs: { short: false, full: 'short' },
  },
  {
    name: '6.12',
    suites: ['trixie', 'trixie-security'],
    package: 'linux-image-amd64',
    runs: { short: true, full: 'full' },
  },
  {
    name: 'newest',
    suites: ['forky', 'sid'],
    package: 'linux-image-amd64',
    runs: { short: false, full: 'full' },
  },
];

export function kernelNamed(name: string): Kernel {
  const kernel = kernels.find((candidate) => candidate.name === name);
  if (kernel) return kernel;
  throw new VmError(`there is no kernel "${name}"`, {
    hint: kernels.map((candidate) => candidate.name).join(', '),
  });
}
