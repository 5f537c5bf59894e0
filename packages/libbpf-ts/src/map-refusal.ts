import { SystemError } from '@tsnctl/linux';
import type { BpfMapInfo } from './map-info.ts';

/** The kernel's own sentences for these speak of argument lists and of operations. */
export function refusedSet({ name, maxEntries }: BpfMapInfo, cause: SystemError): SystemError {
  const full = {
    message: `the map ${name} has room for ${maxEntries} entries: it is full, or the index is too big`,
    hint: 'delete some, or load it with more: setMaxEntries',
  };
  const said: Record<string, { message: string; hint: string }> = {
    E2BIG: full,
    ENOSPC: full, // a trie
    EPERM: {
      message: `the map ${name} may not be written`,
      hint: 'as root, or with the capability BPF; constants (.rodata) and maps made read-only never',
    },
  };
  const words = said[cause.code];
  return words ? new SystemError('bpf', cause.errno, { ...words, cause }) : cause;
}
