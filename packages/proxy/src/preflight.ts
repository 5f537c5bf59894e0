import { release } from 'node:os';
import { TsnctlError } from '@tsnctl/codec';
import { hasCapability, kernelAtLeast } from '@tsnctl/linux';
import { requireBpffs } from './pins.ts';

/** How the priority leaves the pod: read at the host side, or saved inside the pod. */
export type Mode = 'host' | 'pod';

/** What the data plane needs of this machine. Throws the first thing that is missing, with its mend. */
export function preflight(): void {
  requireKernel();
  requireRoot();
  requireBpffs();
}

export function requireRoot(): void {
  if (hasCapability('NET_ADMIN') && hasCapability('SYS_ADMIN')) return;
  throw new TsnctlError('EPERM', 'changing the data plane needs root', { hint: 'sudo tsnctl ...' });
}

/** Host mode needs launch times that survive the namespace border with their clock: kernel 6.11. */
export function requireKernel(kernel: string = release()): void {
  if (!kernelAtLeast(5, 18, kernel)) {
    throw new TsnctlError(
      'UNSUPPORTED',
      `kernel ${kernel} is too old: it keeps no delivery time while forwarding`,
      {
        hint: 'kernel 6.11 or newer',
      },
    );
  }
  if (!kernelAtLeast(6, 11, kernel)) {
    throw new TsnctlError('UNSUPPORTED', `kernel ${kernel} needs pod mode, which is not there yet`, {
      hint: 'kernel 6.11 or newer, which works in host mode',
    });
  }
}
