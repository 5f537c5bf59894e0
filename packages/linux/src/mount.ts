import { readFileSync, statfsSync } from 'node:fs';
import { systemCall } from './libc.ts';
import { isErrno } from './system-error.ts';

const MS_BIND = 0x1000; // linux/mount.h
const MS_REC = 0x4000;
const MS_SHARED = 0x100000;
const MNT_DETACH = 2;
const BPF_FS_MAGIC = 0xcafe4a11; // linux/magic.h

const mountCall = systemCall(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umount2 = systemCall('int umount2(const char *target, int flags)');

/**
 * Mount a file system, or bind one path to another; `target` exists.
 * Equivalent to: mount -t TYPE SOURCE TARGET, or mount --bind SOURCE TARGET. @throws SystemError
 */
export function mount(source: string, target: string, options: { type?: string; bind?: boolean }): void {
  mountCall(source, target, options.type ?? 'none', options.bind ? MS_BIND : 0, null);
}

/**
 * Make a directory a shared mount point, if it is none; true if it was none. What is mounted below then shows
 * in other mount namespaces, too. ip-netns(8) does the same to /run/netns.
 * Equivalent to: mount --bind DIR DIR; mount --make-rshared DIR. @throws SystemError
 */
export function makeShared(directory: string): boolean {
  try {
    mountCall('', directory, 'none', MS_SHARED | MS_REC, null);
    return false;
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
    mountCall(directory, directory, 'none', MS_BIND | MS_REC, null);
    mountCall('', directory, 'none', MS_SHARED | MS_REC, null);
    return true;
  }
}

/**
 * Unmount what is mounted at `target`; EINVAL where nothing is, EBUSY while it is used unless `lazy`.
 * Equivalent to: umount TARGET, or umount --lazy TARGET. @throws SystemError
 */
export function unmount(target: string, options: { lazy?: boolean } = {}): void {
  umount2(target, options.lazy ? MNT_DETACH : 0);
}

/** What is mounted at `directory` and below it, the last one first: in the order in which it can be unmounted. */
export function mountsBelow(directory: string): string[] {
  const targets = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((target) =>
      target.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
  return targets.filter((target) => target === directory || target.startsWith(`${directory}/`)).reverse();
}

/**
 * Whether `path` lies on a BPF file system, where programs, maps and links can be pinned; false where there
 * is no such path. Equivalent to: stat -f -c %T PATH (bpf_fs)
 */
export function isBpffs(path: string): boolean {
  try {
    return statfsSync(path).type === BPF_FS_MAGIC;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
