import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, unmount } from '@tsnctl/linux';

/** A file system of its own with little room, so that it can be full or read-only. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync(`/run/tsnctl-disk-${process.pid}-`);

  constructor() {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', this.path]);
  }

  /** To the last byte. Returns what makes room again. */
  fill(): () => void {
    const filler = join(this.path, 'filler');
    const fd = openSync(filler, 'w');
    try {
      for (const size of [65_536, 4_096, 1]) writeUntilFull(fd, size);
    } finally {
      closeSync(fd);
    }
    return () => rmSync(filler);
  }

  /** Returns what makes it writable again. */
  makeReadOnly(): () => void {
    this.#remount('ro');
    return () => this.#remount('rw');
  }

  [Symbol.dispose](): void {
    unmount(this.path, { lazy: true });
    rmdirSync(this.path);
  }

  #remount(how: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${how}`, this.path]);
  }
}

function writeUntilFull(fd: number, size: number): void {
  try {
    for (;;) writeSync(fd, Buffer.alloc(size));
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  }
}
