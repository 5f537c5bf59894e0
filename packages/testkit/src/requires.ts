import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { kernelAtLeast, kernelVersion } from '@tsnctl/linux';

/** What a test cannot do without. */
export interface Needs {
  readonly root?: boolean;
  /** [major, minor] */
  readonly kernel?: readonly [number, number];
  /** Programs on PATH or in the system's own directories. */
  readonly programs?: readonly string[];
}

/** The part of vitest's test context that is used here. */
interface Skippable {
  skip(reason: string): never;
}

/**
 * Skip the test, saying why, where this machine lacks something; with TSNCTL_NO_SKIP=1 fail instead.
 * In a test: `requires(ctx, { root: true })`; for a file: `beforeEach((ctx) => requires(ctx, ...))`.
 */
export function requires(ctx: Skippable, needs: Needs, env: NodeJS.ProcessEnv = process.env): void {
  const reason = missing(needs);
  if (reason === undefined) return;
  if (env.TSNCTL_NO_SKIP === '1') throw new Error(reason);
  ctx.skip(reason);
}

/** What this machine lacks, in words, or undefined. For hooks, which have no context to skip with. */
export function missing({ root = false, kernel, programs = [] }: Needs): string | undefined {
  if (root && process.getuid?.() !== 0) return 'needs root';
  if (kernel && !kernelAtLeast(...kernel))
    return `needs kernel ${kernel.join('.')}, this is ${kernelVersion().join('.')}`;
  const absent = programs.filter((program) => !isInstalled(program));
  return absent.length > 0 ? `needs ${absent.join(', ')}` : undefined;
}

function isInstalled(program: string): boolean {
  const directories = [...(process.env.PATH ?? '').split(':').filter(Boolean), '/usr/sbin', '/sbin'];
  return directories.some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
