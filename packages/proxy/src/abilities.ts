import { release } from 'node:os';
import { isErrno, kernelAtLeast } from '@tsnctl/linux';
import { queryTcx } from 'libbpf-ts';
import type { Abilities } from './model.ts';

/** What the running kernel lets the proxy do. It is asked once: an agent wants to know it of each pod. */
export function abilities(kernel: string = release()): Abilities {
  tcx ??= hasTcx();
  return { kernel, tcx, hostMode: kernelAtLeast(6, 11, kernel) };
}

let tcx: boolean | undefined;

/** Asks about the loopback interface, which has index 1 everywhere. */
export function hasTcx(): boolean {
  try {
    queryTcx({ ifindex: 1, direction: 'ingress' });
    return true;
  } catch (error) {
    if (isErrno(error, 'EINVAL')) return false;
    throw error;
  }
}
