import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { isErrno } from '@tsnctl/linux';

/** A file's descriptor, as long as the action takes; one that is made is its owner's alone. */
export function withFile(path: string, flags: string, action: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    action(fd);
  } finally {
    closeSync(fd);
  }
}

/** What was made or renamed in it is on the disk. */
export function syncDirectory(path: string): void {
  withFile(path, 'r', fsyncSync);
}

/** A file's bytes; undefined where there is none. */
export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
