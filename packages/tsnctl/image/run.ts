import { spawnSync } from 'node:child_process';
import { TsnctlError } from '@tsnctl/codec';

/** Run a program to its end; its stdout. What it said is shown if it fails. */
export function run(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...(cwd !== undefined && { cwd }),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
    env: { ...process.env, LC_ALL: 'C.UTF-8', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  });
  if (error) {
    throw new TsnctlError('UNSUPPORTED', `${program} does not run: ${error.message}`, {
      cause: error,
      hint: 'npm run setup -- image',
    });
  }
  if (status !== 0) {
    const said = (stderr || stdout).trim().split('\n').slice(-8).join('\n');
    throw new TsnctlError('IMAGE', `${program} ${args[0]} failed: ${said}`);
  }
  return stdout;
}
