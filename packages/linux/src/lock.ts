import { openSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { Fd } from './fd.ts';
import { systemCall } from './libc.ts';
import { isErrno } from './system-error.ts';

const LOCK_EX = 2; // sys/file.h
const LOCK_NB = 4;
const flock = systemCall('int flock(int fd, int operation)');

/**
 * Hold an exclusive flock(2) on a file or directory until disposed, or until this process ends; LOCKED where
 * another holds it, be it in this process. Equivalent to: flock --nonblock PATH COMMAND
 */
export function lock(path: string): Disposable {
  const fd = new Fd(openSync(path, 'r'));
  try {
    flock(fd.number, LOCK_EX | LOCK_NB);
    return fd;
  } catch (error) {
    fd[Symbol.dispose]();
    if (!isErrno(error, 'EAGAIN', 'EWOULDBLOCK')) throw error;
    throw new TsnctlError('LOCKED', `another tsnctl is changing ${path}`, {
      hint: `again when it is done; fuser -v ${path} shows who it is`,
    });
  }
}

/** The same, but wait until the other lets go. Equivalent to: flock PATH COMMAND */
export function waitForLock(path: string): Disposable {
  const fd = new Fd(openSync(path, 'r'));
  try {
    flock(fd.number, LOCK_EX);
    return fd;
  } catch (error) {
    fd[Symbol.dispose]();
    throw error;
  }
}
