import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Input number `chunk * CHUNK_SIZE` of a target and those that follow. They depend on nothing but this. */
export interface Chunk {
  readonly module: string;
  readonly name: string;
  readonly seed: number;
  readonly chunk: number;
  readonly count: number;
}

/** `index` is that of the input within its chunk. */
export interface Finding {
  readonly kind: 'foreign exception' | 'hang' | 'memory growth' | 'death';
  readonly message: string;
  readonly index: number;
}

export interface ChunkResult {
  readonly values: number;
  readonly refusals: number;
  readonly seconds: number;
  readonly finding: Finding | undefined;
}

export const CHUNK_SIZE = 10_000;

/** A hang is measured in CPU time, so that a busy machine makes none. */
export const LIMITS = {
  hangSeconds: 2,
  growthBytes: 32 * 2 ** 20,
  heapMegabytes: 1024,
  residentBytes: 2 * 2 ** 30,
};

/** Run a chunk in a process of its own, up to its first finding. */
export async function runChunk(chunk: Chunk): Promise<ChunkResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tsnctl-fuzz-'));
  folders.add(folder);
  const progress = join(folder, 'progress');
  const fd = openSync(progress, 'w+');
  const started = performance.now();
  try {
    const finding = await watch(start({ ...chunk, progress }), () => readProgress(fd));
    const { values, refusals } = readProgress(fd) ?? { values: 0, refusals: 0 };
    return { values, refusals, seconds: (performance.now() - started) / 1000, finding };
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
    folders.delete(folder);
  }
}

/** End the processes that still run, and leave nothing of them behind. */
export function stopAll(): void {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

interface Progress {
  readonly index: number;
  readonly values: number;
  readonly refusals: number;
}

const children = new Set<ChildProcess>();
const folders = new Set<string>();

function start(job: Chunk & { progress: string }): ChildProcess {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [JSON.stringify(job)], {
    execArgv: [
      ...['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', '--expose-gc'],
      `--max-old-space-size=${LIMITS.heapMegabytes}`,
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  children.add(child);
  return child;
}

async function watch(
  child: ChildProcess,
  progress: () => Progress | undefined,
): Promise<Finding | undefined> {
  let said = '';
  let finding: Finding | undefined;
  let ended = false;
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-4000);
  });
  child.on('message', (message) => {
    finding = message as Finding;
  });
  const end = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? (code === 0 ? '' : `exit code ${code}`)));
  }).finally(() => {
    ended = true;
    children.delete(child);
  });

  for (let last = { index: -1, seconds: 0 }; !ended; await Promise.race([end, sleep(50)])) {
    const index = progress()?.index ?? -1;
    const { seconds, residentBytes } = usage(child.pid);
    if (index !== last.index) last = { index, seconds };
    const over = index < 0 ? undefined : excess(seconds - last.seconds, residentBytes);
    if (over === undefined) continue;
    finding = { ...over, index };
    child.kill('SIGKILL');
    break;
  }
  const death = await end;
  const index = progress()?.index;
  if (finding || death === '') return finding;
  if (index === undefined) throw new Error(`the process ended before its first input (${death}): ${said}`);
  const heap = said.includes('heap out of memory');
  const message = heap ? `more than ${LIMITS.heapMegabytes} MB of heap` : `the process ended: ${death}`;
  return { kind: heap ? 'memory growth' : 'death', message, index };
}

function excess(seconds: number, residentBytes: number): Omit<Finding, 'index'> | undefined {
  if (seconds > LIMITS.hangSeconds)
    return { kind: 'hang', message: `more than ${LIMITS.hangSeconds} s for one input` };
  if (residentBytes > LIMITS.residentBytes)
    return { kind: 'memory growth', message: `the process has ${residentBytes >> 20} MB` };
  return undefined;
}

/** What the child wrote in front of the input that it is at. */
function readProgress(fd: number): Progress | undefined {
  const words = new Uint32Array(3);
  if (readSync(fd, words, 0, 12, 0) < 12) return undefined;
  const [index = 0, values = 0, refusals = 0] = words;
  return { index, values, refusals };
}

/** proc_pid_stat(5), proc_pid_status(5); zeros once the process has ended. */
function usage(pid: number | undefined): { seconds: number; residentBytes: number } {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [utime, stime] = fields.slice(11, 13).map(Number); // in ticks of 10 ms
    const kilobytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { seconds: ((utime ?? 0) + (stime ?? 0)) / 100, residentBytes: Number(kilobytes ?? 0) * 1024 };
  } catch {
    return { seconds: 0, residentBytes: 0 };
  }
}
