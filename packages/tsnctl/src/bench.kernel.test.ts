import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sweep } from '@tsnctl/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKOUT } from '../test/cli.ts';
import { remainsOf, sysctls } from '../test/remains.ts';
import { requireMachine } from '../test/requirements.ts';

beforeEach((ctx) => requireMachine(ctx));
afterEach(() => sweep());

/** npm run bench:dataplane -- ARGS */
function bench(...args: string[]): ChildProcess {
  const main = join(CHECKOUT, 'packages/tsnctl/bench/dataplane.ts');
  return spawn(process.execPath, ['-C', '@tsnctl/source', main, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcome(child: ChildProcess): Promise<{ code: number; stdout: string; stderr: string }> {
  const streams = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''));
  const [[code], stdout = '', stderr = ''] = await Promise.all([once(child, 'close'), ...streams]);
  return { code, stdout, stderr };
}

describe('bench:dataplane', () => {
  it.each([
    [['--fast'], /^tsnctl: unknown option '--fast'/],
    [['-o', 'xml'], /^tsnctl: .*xml.*\. Try: one of table, wide, json, yaml\n$/],
    [['more'], /^tsnctl: too many arguments/],
  ])('%j is usage', async (args, message) => {
    const { code, stdout, stderr } = await outcome(bench(...args));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s in a flood: exit %i, and nothing is left', async (signal, expected) => {
    const before = sysctls();
    const child = bench();
    const ended = outcome(child);
    await expect.poll(() => talkersOf(child), { timeout: 20_000 }).toBeGreaterThan(0);
    process.kill(-(child.pid ?? 0), signal);
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(new RegExp(`stopped by ${signal}; everything was taken down\\n$`));
    expect(remainsOf(child.pid ?? 0)).toEqual([]);
    expect(sysctls()).toEqual(before);
  });
});

function talkersOf({ pid }: ChildProcess): number {
  return remainsOf(pid ?? 0).filter((left) => left.startsWith('process')).length;
}
