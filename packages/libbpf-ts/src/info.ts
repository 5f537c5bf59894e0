import { readlinkSync } from 'node:fs';
import { type Codec, decode } from '@tsnctl/codec';
import { addressOf } from '@tsnctl/linux';
import { infoAttr } from './attr.ts';
import { bpf } from './bpf.ts';

/** What the kernel says of a program, map, link or BTF behind a descriptor. */
export function objectInfo<T>(fd: number, layout: Codec<T>): T {
  const info = new Uint8Array(layout.size ?? 0);
  return objectInfoInto(fd, info, layout);
}

/** The same, where the request itself lies in `info` (BTF: the address and size of a buffer). */
export function objectInfoInto<T>(fd: number, info: Uint8Array, layout: Codec<T>): T {
  bpf('OBJ_GET_INFO_BY_FD', infoAttr, { bpfFd: fd, infoLen: info.byteLength, info: addressOf(info) });
  return decode(layout, info);
}

export type BpfKind = 'map' | 'program' | 'link';

/** What /proc/self/fd shows behind `anon_inode:`; links have had two spellings. */
const kinds: Record<string, BpfKind> = {
  'bpf-map': 'map',
  'bpf-prog': 'program',
  'bpf-link': 'link',
  bpf_link: 'link',
};

/** What kind of BPF object a descriptor stands for. */
export function kindOf(fd: number): BpfKind | undefined {
  return kinds[readlinkSync(`/proc/self/fd/${fd}`).replace('anon_inode:', '')];
}

/** A kernel name: 16 bytes, ended by NUL. */
export function kernelName(bytes: number[]): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.slice(0, end < 0 ? bytes.length : end));
}
