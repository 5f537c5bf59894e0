import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';
import { syncDirectory, withFile, writeAll } from '../files.ts';
import { NONE, type Owned, type PathState } from './model.ts';
import { describeState, sameState } from './path-state.ts';

/** What lies at a path. */
export function lookAt(path: string): PathState {
  try {
    const stats = lstatSync(path);
    const { uid, gid } = stats;
    const mode = stats.mode & 0o7777;
    if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
    if (stats.isDirectory()) return { kind: 'directory', mode, uid, gid };
    return stats.isFile() ? { kind: 'file', sha256: hashFile(path), mode, uid, gid } : { kind: 'other' };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return NONE;
    throw error;
  }
}

/** A file's bytes: given, or those of another file. */
export type Bytes = Uint8Array | { readonly file: string };

/**
 * Make a path what `to` says, if it is what `was` says; where it is so already, nothing is done. Readers see the
 * old file or the new one, also of a program that runs. @throws TsnctlError CHANGED_MEANWHILE
 */
export function putPath(path: string, was: PathState, to: PathState, bytes?: Bytes): void {
  const now = lookAt(path);
  if (sameState(now, to)) return;
  if (!sameState(now, was)) throw changedMeanwhile(path, was, now);
  putters[to.kind](path, was, to, bytes);
  syncDirectory(dirname(path));
}

/** Of a file that is being written: no runtime reads it, and what a killed process leaves is known by it. */
export const TEMPORARY = '.tsnctl-';

export function temporaryFor(path: string): string {
  return join(dirname(path), `${TEMPORARY}${basename(path)}-${randomUUID().slice(0, 8)}.tmp`);
}

type Putter = (path: string, was: PathState, to: PathState, bytes?: Bytes) => void;

const putters: Record<PathState['kind'], Putter> = {
  none: (path, was) => {
    if (was.kind === 'directory') removeEmpty(path);
    else rmSync(path, { force: true });
  },
  directory: (path, was, to) => {
    if (was.kind === 'none') mkdirSync(path);
    withFile(path, 'r', (fd) => own(fd, to as Owned));
  },
  link: (path, _, to) => {
    const temporary = temporaryFor(path);
    symlinkSync((to as { target: string }).target, temporary);
    moveTo(path, temporary);
  },
  file: (path, was, to, bytes) => {
    const { sha256, ...owned } = to as Owned & { sha256: string };
    const temporary = temporaryFor(path);
    try {
      writeNew(temporary, owned, bytes, sha256);
      if (was.kind === 'none') linkSync(temporary, path);
      else renameSync(temporary, path);
    } catch (error) {
      throw isErrno(error, 'EEXIST') ? changedMeanwhile(path, was, lookAt(path)) : error;
    } finally {
      rmSync(temporary, { force: true });
    }
  },
  other: (path) => {
    throw new TsnctlError('FAILED', `${path} cannot be made what it was: no file, link or directory`);
  },
};

/** A new file with these bytes, on the disk. @throws TsnctlError BAD_BYTES where their hash is another */
export function writeNew(path: string, owned: Owned, bytes: Bytes | undefined, wanted: string): void {
  if (bytes === undefined) throw new TsnctlError('FAILED', `there are no bytes for ${path}`);
  const hash = createHash('sha256');
  withFile(path, 'wx', (fd) => {
    own(fd, owned);
    for (const chunk of chunksOf(bytes)) {
      hash.update(chunk);
      writeAll(fd, chunk);
    }
    fsyncSync(fd);
  });
  if (hash.digest('hex') === wanted) return;
  rmSync(path, { force: true });
  throw new TsnctlError('BAD_BYTES', `what was to be written to ${path} is not what was planned`, {
    hint: 'the same again; if it stays, the bundle is broken: npm run build',
  });
}

/** What others have put there stays, and the directory with it; so does one that is mounted, as in a container. */
export function removeEmpty(path: string): boolean {
  if (isMountPoint(path)) return false; // a read-only directory above it would say EROFS
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    if (isErrno(error, 'ENOTEMPTY', 'EBUSY', 'EEXIST')) return false;
    throw error;
  }
}

/** Whether a directory is of another file system than the one that it lies in. Equivalent to: mountpoint PATH */
export function isMountPoint(path: string): boolean {
  const [own, above] = [path, dirname(path)].map((it) => lstatSync(it, { throwIfNoEntry: false }));
  return own !== undefined && above !== undefined && own.dev !== above.dev;
}

/** The hash of a file's bytes. A large one is not read again as long as its inode says that it is the same. */
export function hashFile(path: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join();
  const known = largeFiles.get(identity);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (const chunk of chunksOf({ file: path })) hash.update(chunk);
  const digest = hash.digest('hex');
  if (size > LARGE_BYTES) largeFiles.set(identity, digest);
  return digest;
}

const largeFiles = new Map<string, string>();
const LARGE_BYTES = 1 << 20;
const CHUNK_BYTES = 1 << 20;

function* chunksOf(bytes: Bytes): Generator<Uint8Array> {
  if (bytes instanceof Uint8Array) {
    yield bytes;
    return;
  }
  const fd = openSync(bytes.file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(Math.min(fstatSync(fd).size + 1, CHUNK_BYTES));
    for (let size = readSync(fd, chunk); size > 0; size = readSync(fd, chunk)) yield chunk.subarray(0, size);
  } finally {
    closeSync(fd);
  }
}

function moveTo(path: string, temporary: string): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function own(fd: number, { uid, gid, mode }: Owned): void {
  fchownSync(fd, uid, gid);
  fchmodSync(fd, mode);
}

function changedMeanwhile(path: string, was: PathState, now: PathState): TsnctlError {
  return new TsnctlError(
    'CHANGED_MEANWHILE',
    `${path} was changed by somebody else just now: ${describeState(now)}, not ${describeState(was)}`,
    { hint: 'the same again: it looks at the node anew' },
  );
}
