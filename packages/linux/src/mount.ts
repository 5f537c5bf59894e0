import { statfsSync } from 'node:fs';
import { systemCall } from './libc.ts';
import { isErrno } from './system-error.ts';

const MS_BIND = 0x1000; // linux/mount.h
const MNT_DETACH = 2;
const BPF_FS_MAGIC = 0xcafe4a11; // linux/magic.h

const mountCall = systemCall(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umount2 = systemCall('int umount2(const char *target, int flags)');

/** Mount a file system, or bind one path to another. */
export function mount(source: string, target: string, options: { type?: string; bind?: boolean }): void {
  mountCall(source, target, options.type ?? 'none', options.bind ? MS_BIND : 0, null);
}

export function unmount(target: string, options: { lazy?: boolean } = {}): void {
  umount2(target, options.lazy ? MNT_DETACH : 0);
}

/** Whether `path` lies on a BPF file system, where programs, maps and links can be pinned. */
export function isBpffs(path: string): boolean {
  try {
    return statfsSync(path).type === BPF_FS_MAGIC;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
