import { TsnctlError } from '@tsnctl/codec';
import { addressOf, Fd } from '@tsnctl/linux';
import { pinAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { type BpfKind, kindOf } from './info.ts';

/** Pin a program, map or link at a path on a BPF file system. Equivalent to: bpftool ... pin PATH */
export function pin(fd: number, path: string): void {
  const pathname = cString(path);
  bpf('OBJ_PIN', pinAttr, { pathname: addressOf(pathname), bpfFd: fd, fileFlags: 0 });
}

/** Open what is pinned at `path`; FOREIGN_PIN where that is not of the expected kind. */
export function openPin(path: string, kind: BpfKind): Fd {
  const pathname = cString(path);
  const fd = new Fd(
    bpf('OBJ_GET', pinAttr, { pathname: addressOf(pathname), bpfFd: 0, fileFlags: 0 }).result,
  );
  const found = kindOf(fd.number);
  if (found === kind) return fd;
  fd[Symbol.dispose]();
  throw new TsnctlError('FOREIGN_PIN', `${path} is a pinned ${found ?? 'object'}, not a ${kind}`, {
    hint: `bpftool ${found === 'program' ? 'prog' : found} show pinned ${path}; if it is not needed: rm ${path}`,
  });
}

function cString(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}
