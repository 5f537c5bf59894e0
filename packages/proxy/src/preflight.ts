import { release } from 'node:os';
import { TsnctlError } from '@tsnctl/codec';
import { hasCapability, inInitialUserNamespace, isErrno, kernelAtLeast } from '@tsnctl/linux';
import { hasTcx } from './abilities.ts';
import { BPFFS, requireBpffs } from './pins.ts';

/** What the data plane needs of this machine. Throws the first thing that is missing, with its mend. */
export function preflight(bpffs: string = BPFFS): void {
  requireKernel();
  requireRoot();
  requireBpf();
  requireBpffs(bpffs);
}

/** Rights over links (NET_ADMIN), and over programs, namespaces and other owners' BPF objects (SYS_ADMIN). */
export function requireRoot(): void {
  const missing = (['NET_ADMIN', 'SYS_ADMIN'] as const).filter((name) => !hasCapability(name));
  if (missing.length > 0) {
    const lacks = missing.map((name) => `CAP_${name}`).join(' and ');
    throw new TsnctlError('EPERM', `changing the data plane needs root; this process lacks ${lacks}`, {
      hint: 'sudo tsnctl ...; in a container, run it privileged',
    });
  }
  if (!inInitialUserNamespace()) {
    throw new TsnctlError('EPERM', 'the root of a user namespace may not change the data plane', {
      hint: 'sudo tsnctl ... outside of that namespace',
    });
  }
}

/** The kernel's bpf(2). */
export function requireBpf(): void {
  try {
    hasTcx();
  } catch (cause) {
    if (isErrno(cause, 'ENOSYS')) {
      throw new TsnctlError(
        'UNSUPPORTED',
        'this process has no bpf(2): the kernel or a seccomp filter hides it',
        {
          hint: 'a kernel with CONFIG_BPF_SYSCALL, and a container whose seccomp profile allows bpf',
          cause,
        },
      );
    }
    throw cause;
  }
}

/** Delivery times survive forwarding, and with them the word: kernel 5.18. */
export function requireKernel(kernel: string = release()): void {
  if (!kernelAtLeast(5, 18, kernel)) {
    throw new TsnctlError(
      'UNSUPPORTED',
      `kernel ${kernel} is too old: it keeps no delivery time while forwarding`,
      {
        hint: 'kernel 5.18 or newer; 6.11 or newer for host mode',
      },
    );
  }
}
