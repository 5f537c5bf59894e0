import { readlinkSync } from 'node:fs';
import { decode, encode, type SizedCodec } from '@tsnctl/codec';
import { infoAttr } from './attr.ts';
import { bpf } from './bpf.ts';

/**
 * What the kernel says of a program, map, link or BTF behind a descriptor. `request` is what the kernel
 * finds in the answer's place: buffers that it shall fill too.
 */
export function objectInfo<T>(fd: number, layout: SizedCodec<T>, request?: T): T {
  const info = request === undefined ? new Uint8Array(layout.size) : encode(layout, request);
  bpf('OBJ_GET_INFO_BY_FD', infoAttr, { bpfFd: fd, infoLen: info.byteLength, info }, request);
  return decode(layout, info);
}

/** What a descriptor of bpf(2) can stand for. */
export type BpfKind = 'map' | 'program' | 'link';

/** What /proc/self/fd shows behind `anon_inode:`; links have had two spellings. */
const kinds: Record<string, BpfKind> = {
  'bpf-map': 'map',
  'bpf-prog': 'program',
  'bpf-link': 'link',
  bpf_link: 'link',
};

/**
 * What kind of BPF object a descriptor stands for.
 *
 *     kindOf(program.fd); // 'program'
 */
export function kindOf(fd: number): BpfKind | undefined {
  return kinds[readlinkSync(`/proc/self/fd/${fd}`).replace('anon_inode:', '')];
}
