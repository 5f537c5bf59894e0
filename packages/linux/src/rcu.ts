import { systemCall } from './libc.ts';

const MEMBARRIER_CMD_GLOBAL = 1; // linux/membarrier.h
const NR_MEMBARRIER: Partial<Record<NodeJS.Architecture, number>> = { x64: 324, arm64: 283 };
const syscall = systemCall('long syscall(long number, int command, unsigned int flags)');

/**
 * Wait for an RCU grace period: every BPF program that runs now has ended when this returns. EINVAL on a
 * kernel with nohz_full CPUs. Takes some milliseconds. @throws SystemError
 */
export function waitForRcu(): void {
  syscall(NR_MEMBARRIER[process.arch], MEMBARRIER_CMD_GLOBAL, 0);
}
