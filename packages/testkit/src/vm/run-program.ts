import { spawnSync } from 'node:child_process';
import { VmError } from './vm-error.ts';

/** Run a program of the system to its end; its stdout. */
export function runProgram(program: string, args: readonly string[], options: { cwd?: string } = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, LC_ALL: 'C.UTF-8', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  });
  if (error) {
    const hint = 'a Debian machine: its kernels are fetched by apt, and unpacked by dpkg and kmod';
    throw new VmError(`${program} does not run: ${error.message}`, { cause: error, hint });
  }
  if (status !== 0) throw new VmError(`${program} failed: ${(stderr || stdout).trim()}`);
  return stdout;
}
