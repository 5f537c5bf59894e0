import { systemCall } from '@tsnctl/linux';
import { captureRun } from './capture-run.ts';
import type { CliResult } from './cli.ts';

const CLONE_NEWNS = 0x20000; // linux/sched.h
const MS_BIND = 0x1000; // linux/mount.h
const MS_REC = 0x4000;
const MS_PRIVATE = 0x40000;
const BPFFS = '/sys/fs/bpf';

const unshare = systemCall('int unshare(int flags)');
const mount = systemCall(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umount = systemCall('int umount2(const char *target, int flags)');

/**
 * `tsnctl ARGS` in this process, a fifth of a second sooner than in one of its own. `bpffs` is what it sees at
 * /sys/fs/bpf: this thread gets a mount namespace for that.
 */
export async function runInProcess(args: readonly string[], bpffs: string): Promise<CliResult> {
  ownMounts();
  mount(bpffs, BPFFS, 'none', MS_BIND, null);
  using _ = { [Symbol.dispose]: () => void umount(BPFFS, 0) };
  return await captureRun(args);
}

/** What is mounted below /sys is ours alone from here on; names of namespaces are still everybody's. */
function ownMounts(): void {
  if (hasOwnMounts) return;
  hasOwnMounts = true;
  unshare(CLONE_NEWNS);
  mount('none', '/sys', 'none', MS_REC | MS_PRIVATE, null);
}

let hasOwnMounts = false;
