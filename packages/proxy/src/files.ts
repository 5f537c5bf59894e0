import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
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

/** All of it: a disk that is nearly full takes a part, and refuses the next. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
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
