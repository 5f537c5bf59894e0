import { statfsSync } from 'node:fs';
import { isErrno } from '@tsnctl/linux';

const CGROUP2_SUPER_MAGIC = 0x63677270; // linux/magic.h

/** unified: version 2 alone; hybrid: it is there beside version 1. */
export function readCgroup(root = '/sys/fs/cgroup'): 'unified' | 'hybrid' | 'legacy' {
  if (statfsSync(root).type === CGROUP2_SUPER_MAGIC) return 'unified';
  try {
    return statfsSync(`${root}/unified`).type === CGROUP2_SUPER_MAGIC ? 'hybrid' : 'legacy';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'legacy';
    throw error;
  }
}
