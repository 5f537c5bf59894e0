/** The virtual machine that a test runs in; see CONTRIBUTING.md, "Other kernels". */
export interface VirtualMachine {
  /** As `npm run test:vm -- --list` names it. */
  readonly kernel: string;
  /** Which tests are wanted: those of the short set are few and fast. Leave out what is not, instead of skipping it. */
  readonly set: 'short' | 'full';
}

/** Undefined where this is no machine of `npm run test:vm`. */
export function virtualMachine(env: NodeJS.ProcessEnv = process.env): VirtualMachine | undefined {
  const { TSNCTL_VM: kernel, TSNCTL_VM_SET: set } = env;
  return kernel ? { kernel, set: set === 'full' ? 'full' : 'short' } : undefined;
}
