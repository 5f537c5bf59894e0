import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** As /proc/PID/limits calls them. */
const LIMITS = { nofile: 'Max open files', as: 'Max address space', memlock: 'Max locked memory' };

/** Another soft limit for a process that runs. Returns what gives back the former one. */
export function limitOf(pid: number, limit: keyof typeof LIMITS, value: number): () => void {
  const row = new RegExp(`^${LIMITS[limit]}\\s+(\\w+)`, 'm');
  const [, before = ''] = row.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
  const command = (to: string) => ['--pid', `${pid}`, `--${limit}=${to}:`];
  execFileSync('prlimit', command(`${value}`));
  return () => void spawnSync('prlimit', command(before)); // in vain where the process has ended of it
}
