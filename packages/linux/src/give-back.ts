import { readFileSync } from 'node:fs';
import { systemCall } from './libc.ts';

const PR_SET_THP_DISABLE = 41; // linux/prctl.h
const MADV_DONTNEED = 4; // asm-generic/mman-common.h

/** A part of the address space that shows a file as it is on disk. */
export interface FileMapping {
  readonly address: bigint;
  readonly length: number;
  readonly residentKb: number;
}

/**
 * For a process that stays: what its start has touched is resident no more. Pages of programs and libraries stay in
 * the page cache, and come back one by one as they are used, no longer 2 MB at a time; free memory of malloc goes.
 * Whatever of this the kernel refuses is left as it is.
 */
export function giveBack(): void {
  const madvise = systemCall('int madvise(uint64_t address, size_t length, int advice)');
  attempt(() =>
    systemCall('int prctl(int option, ulong a, ulong b, ulong c, ulong d)')(PR_SET_THP_DISABLE, 1, 0, 0, 0),
  );
  for (const { address, length } of fileMappings(readFileSync('/proc/self/smaps', 'latin1'))) {
    attempt(() => madvise(address, length, MADV_DONTNEED));
  }
  attempt(() => systemCall('int malloc_trim(size_t pad)')(0));
}

/**
 * Those of a process that hold nothing but what is in their file: none of their pages was written to, nor can be.
 * The text is that of /proc/PID/smaps: proc(5). Pure.
 */
export function fileMappings(smaps: string): FileMapping[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((text) => {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* +\//.exec(text) ?? [];
    const residentKb = field(text, 'Rss');
    if (from === undefined || to === undefined || !residentKb || field(text, 'Anonymous') !== 0) return [];
    const address = BigInt(`0x${from}`);
    return [{ address, length: Number(BigInt(`0x${to}`) - address), residentKb }];
  });
}

function field(text: string, name: string): number | undefined {
  const [, kilobytes] = new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes);
}

function attempt(call: () => unknown): void {
  try {
    call();
  } catch {
    // It would have been less memory, no more.
  }
}
