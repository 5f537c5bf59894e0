import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@tsnctl/linux';

/** Where the memory controller is, and how its limit is called: version 2, or version 1 beside it. */
const HIERARCHIES = [
  { root: '/sys/fs/cgroup', probe: 'cgroup.controllers', limit: 'memory.max' },
  { root: '/sys/fs/cgroup/unified', probe: 'cgroup.controllers', limit: 'memory.max' },
  { root: '/sys/fs/cgroup/memory', probe: 'memory.limit_in_bytes', limit: 'memory.limit_in_bytes' },
] as const;

/** A control group whose processes have so much memory, and no more. */
export class MemoryGroup implements Disposable {
  readonly #path: string;
  readonly #limit: string;

  private constructor(path: string, limit: string) {
    this.#path = path;
    this.#limit = limit;
  }

  static canBeMade(): boolean {
    using group = MemoryGroup.#tryToMake(`tsnctl-probe-${process.pid}`);
    return group !== undefined;
  }

  static create(name: string): MemoryGroup {
    const group = MemoryGroup.#tryToMake(name);
    if (!group) throw new Error('no control group with a memory limit can be made');
    return group;
  }

  /** Undefined where this machine lets nobody make one. */
  static #tryToMake(name: string): MemoryGroup | undefined {
    for (const { root, probe, limit } of HIERARCHIES) {
      if (!hasMemory(join(root, probe))) continue;
      const path = join(root, name);
      try {
        mkdirSync(path);
      } catch (error) {
        if (isErrno(error, 'EROFS', 'EACCES', 'EPERM')) continue;
        throw error;
      }
      if (existsSync(join(path, limit))) return new MemoryGroup(path, limit);
      rmdirSync(path);
    }
    return undefined;
  }

  add(pid: number): void {
    writeFileSync(join(this.#path, 'cgroup.procs'), `${pid}`);
  }

  limit(bytes: number): void {
    writeFileSync(join(this.#path, this.#limit), `${bytes}`);
  }

  /** When nobody is in it any more. */
  [Symbol.dispose](): void {
    rmdirSync(this.#path);
  }
}

/** In version 2 it may have been left to version 1, or not be given to groups below. */
function hasMemory(probe: string): boolean {
  if (!existsSync(probe)) return false;
  return probe.endsWith('limit_in_bytes') || readFileSync(probe, 'utf8').split(/\s+/).includes('memory');
}
