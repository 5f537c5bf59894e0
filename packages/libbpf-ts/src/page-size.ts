import koffi from 'koffi';

const SC_PAGESIZE = 30; // bits/confname.h
let known: number | undefined;

/** Bytes of a page of memory: 4096, or up to 65536 on arm64. */
export function pageSize(): number {
  known ??= Number(koffi.load('libc.so.6').func('long sysconf(int name)')(SC_PAGESIZE));
  return known;
}
