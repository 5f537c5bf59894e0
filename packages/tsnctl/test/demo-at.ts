import { expect } from 'vitest';
import { Cli, type CliOptions } from './cli.ts';
import { remainsOf } from './remains.ts';

/** A demo of two paths that has got to this one of them. */
export async function demoAt(path: 'l2-bridge' | 'masquerade', options: CliOptions = {}): Promise<Cli> {
  const cli = new Cli(['demo', '--path', 'l2-bridge,masquerade', '--count', '5', '-o', 'json'], options);
  await cli.says(`${path}: `);
  return cli;
}

/** Wait until the demo's senders run. */
export async function hasTalkers(pid: number): Promise<void> {
  await expect
    .poll(() => remainsOf(pid).filter((left) => left.startsWith('process')).length, { timeout: 10_000 })
    .toBeGreaterThan(1);
}
