import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isErrno } from '@tsnctl/linux';

const ROOT = '/sys/fs/cgroup';
/** A cgroup is busy for a moment after its last process has ended. */
const PATIENCE_MS = 2000;

/** All cgroups of the first level whose name begins so, in any hierarchy: cgroup v1 has several. */
export function cgroupsNamed(prefix: string): string[] {
  return [ROOT, ...children(ROOT)]
    .flatMap(children)
    .filter((path) => path.slice(path.lastIndexOf('/') + 1).startsWith(prefix));
}

/** Remove a cgroup with those in it; no process may be in any of them. */
export async function removeCgroup(path: string): Promise<void> {
  for (const child of children(path)) await removeCgroup(child);
  const deadline = performance.now() + PATIENCE_MS;
  while (existsSync(path)) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return;
      if (!isErrno(error, 'EBUSY') || performance.now() > deadline) throw error;
      await setTimeout(10);
    }
  }
}

function children(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name));
  } catch {
    return []; // gone meanwhile
  }
}
