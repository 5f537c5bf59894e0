import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TsnctlError } from '@tsnctl/codec';
import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';

/** What one talker sends. */
export interface Flow {
  from: Host;
  to: string;
  port: number;
  count: number;
  /** Between two packets; 0, as fast as it can, by default. */
  intervalUs?: number;
  /** What the application asks for, as flags of the talker. */
  asks: readonly string[];
  /** Where it runs; anywhere by default. */
  cpu?: number | undefined;
}

/** Compile the talker in C, which sends some hundred thousand packets a second, into the lab's directory. */
export function compileTalker(lab: Lab): string {
  const source = fileURLToPath(new URL('../c/talker.c', import.meta.resolve('@tsnctl/example-talker/main')));
  const binary = join(lab.directory, 'talker-c');
  const { status, stderr, error } = spawnSync('cc', ['-O2', '-o', binary, source], { encoding: 'utf8' });
  if (status === 0) return binary;
  throw new TsnctlError('NO_COMPILER', `the sender was not compiled: ${error?.message ?? stderr.trim()}`, {
    hint: 'apt-get install gcc libc6-dev',
  });
}

/** Send all flows at once and wait until they are through. They end with this process. */
export async function flood(talker: string, flows: readonly Flow[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const running = flows.map((flow, number) => start(talker, flow, number + 1));
  const kill = () => {
    for (const child of running) child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', kill);
  try {
    await Promise.all(running.map(ended));
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
    await Promise.allSettled(running.map(gone));
  }
}

function start(talker: string, flow: Flow, number: number): ChildProcess {
  const { from, to, port, count, intervalUs = 0, asks, cpu } = flow;
  const together = ['--pdeathsig', 'KILL', ...(cpu === undefined ? [] : ['taskset', '-c', `${cpu}`])];
  const what = ['--proto', 'udp', '--to', to, '--port', `${port}`, '--flow', `${number}`];
  const how = ['--count', `${count}`, '--interval-us', `${intervalUs}`, ...asks];
  return from.spawn('setpriv', [...together, talker, 'send', ...what, ...how], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', TALKER: talker }, // whose path names the lab
    cwd: '/',
  });
}

async function ended(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  if (code === 0) return;
  throw new TsnctlError('TALKER', `the talker failed: ${said.trim() || child.signalCode || code}`, {
    hint: 'apt-get install util-linux, if setpriv or taskset is missing',
  });
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
}

/** The CPUs that this process may use: `0-1,4` of /proc/self/status. */
export function usableCpus(status: string = readFileSync('/proc/self/status', 'utf8')): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, more) => first + more);
  });
}
