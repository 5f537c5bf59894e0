import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { Fd, isBpffs, SystemError } from '@tsnctl/linux';
import { pinAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { type BpfKind, kindOf } from './info.ts';

/**
 * Pin a program, map or link at a path on a BPF file system. Equivalent to: bpftool ... pin PATH
 * @throws TsnctlError NO_BPFFS, BAD_PIN_NAME; SystemError
 */
export function pin(fd: number, path: string): void {
  const pathname = cString(path);
  withPath(path, 'pin at', () => bpf('OBJ_PIN', pinAttr, { pathname, bpfFd: fd, fileFlags: 0 }));
}

/** Open what is pinned at `path`; FOREIGN_PIN where that is not of the expected kind. */
export function openPin(path: string, kind: BpfKind): Fd {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TsnctlError('FOREIGN_PIN', `${path} is a directory, not a pinned ${kind}`, {
      hint: `ls ${path}; if it is not needed: rmdir ${path}`,
    });
  }
  using fd = openAnyPin(path);
  const found = kindOf(fd.number);
  if (found === kind) return new Fd(fd.release());
  throw new TsnctlError('FOREIGN_PIN', `${path} is a pinned ${found ?? 'object'}, not a ${kind}`, {
    hint: `${showPinned(found)} ${path}; if it is not needed: rm ${path}`,
  });
}

/** Open whatever is pinned at `path`. @throws SystemError */
export function openAnyPin(path: string): Fd {
  const pathname = cString(path);
  return new Fd(
    withPath(path, 'open', () => bpf('OBJ_GET', pinAttr, { pathname, bpfFd: 0, fileFlags: 0 })).result,
  );
}

function showPinned(kind: BpfKind | undefined): string {
  return kind ? `bpftool ${kind === 'program' ? 'prog' : kind} show pinned` : 'ls -l';
}

/** The kernel answers EPERM to a path that will not do, and never says which. */
function withPath<T>(path: string, verb: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'EPERM' && !isBpffs(dirname(path))) {
      throw new TsnctlError('NO_BPFFS', `cannot ${verb} ${path}: it is not on a BPF file system`, {
        hint: `mount -t bpf bpf ${dirname(path)}`,
        cause: error,
      });
    }
    if (error.code === 'EPERM' && basename(path).includes('.')) {
      throw new TsnctlError('BAD_PIN_NAME', `cannot ${verb} ${path}: a pin has no dot in its name`, {
        hint: `${basename(path).replaceAll('.', '_')} instead`,
        cause: error,
      });
    }
    const { errno, hint } = error;
    const message = `cannot ${verb} ${path}: ${error.message}`;
    throw new SystemError('bpf', errno, hint === undefined ? { message } : { message, hint });
  }
}

function cString(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}
