import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accelerator } from './accelerator.ts';
import { follow } from './follow.ts';
import { type GuestCommand, guestScript, quoted } from './guest-command.ts';
import { initramfs } from './initramfs.ts';
import type { KernelImage } from './kernel-image.ts';
import { type Evidence, type Outcome, outcomeOf } from './outcome.ts';
import { QEMU, qemuArguments } from './qemu.ts';

/** What a guest's command finds at this path and writes there is on the host as BootOptions.results says. */
export const RESULTS = '/run/tsnctl-vm/results';

export interface BootOptions {
  readonly image: KernelImage;
  readonly command: GuestCommand;
  readonly limitMs?: number;
  /** How long a guest may show no life. */
  readonly silenceMs?: number;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  /** More arguments of the kernel. */
  readonly append?: string;
  /** The first process: systemd, of which the command is a unit; otherwise a script that runs it. */
  readonly init?: 'systemd';
  /** Give the guest this terminal instead of `output`. */
  readonly terminal?: boolean;
  /** Whether the command may begin again, if QEMU fails it; else only a machine that never came to it starts again. */
  readonly repeatable?: boolean;
  /** Called before another try, with how the last one ended. */
  readonly onRepeat?: (outcome: Outcome) => void;
  /** Called with what the command writes, as it writes it. */
  readonly output?: (stream: 'stdout' | 'stderr', data: Buffer) => void;
  /** Called once it has ended, with the directory that is RESULTS in the guest; it is removed afterwards. */
  readonly results?: (directory: string) => void;
  /** Ends the boot; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface BootResult {
  readonly outcome: Outcome;
  readonly console: string;
}

const POLL_MS = 200;
const TRIES = 3;

/** Run one command in one kernel, in a machine made for it; nothing of it is left when this returns or throws. */
export async function boot(options: BootOptions): Promise<BootResult> {
  for (let tries = 1; ; tries++) {
    const { begun, ...result } = await bootOnce(options);
    const mayRepeat = options.repeatable || !begun;
    if (result.outcome.kind !== 'emulator fault' || !mayRepeat || tries === TRIES) return result;
    options.onRepeat?.(result.outcome);
  }
}

/** `begun`: the machine came as far as its command. */
async function bootOnce(options: BootOptions): Promise<BootResult & { begun: boolean }> {
  const { limitMs = 600_000, silenceMs = 90_000, output, results, signal } = options;
  signal?.throwIfAborted();
  using resources = new DisposableStack();
  const directory = mkdtempSync(join(tmpdir(), `tsnctl-vm-${process.pid}-`));
  resources.defer(() => rmSync(directory, { recursive: true, force: true }));
  const share = join(directory, 'share');
  prepare(directory, options);

  const qemu = start(directory, options, await accelerator(options.image));
  resources.defer(() => void qemu.child.kill('SIGKILL'));
  const followed = (['stdout', 'stderr'] as const).map((stream) =>
    follow(join(share, stream), (data) => output?.(stream, data)),
  );
  const stopped = await watch(qemu.child, join(share, 'heartbeat'), { limitMs, silenceMs, signal });
  for (const each of followed) each.stop();
  signal?.throwIfAborted();

  const console = read(join(directory, 'console')) ?? '';
  const evidence: Evidence = {
    exit: read(join(share, 'exit')),
    console,
    qemu: qemu.said(),
    ...(stopped && { stopped }),
  };
  results?.(join(share, 'results'));
  return { outcome: outcomeOf(evidence), console, begun: existsSync(join(share, 'heartbeat')) };
}

function prepare(directory: string, { image, command, init, terminal = false }: BootOptions): void {
  const share = join(directory, 'share');
  mkdirSync(join(share, 'results'), { recursive: true });
  for (const name of ['start.sh', 'systemd.sh']) {
    copyFileSync(fileURLToPath(new URL(`guest/${name}`, import.meta.url)), join(share, name));
  }
  writeFileSync(join(share, 'command.sh'), guestScript(command));
  writeFileSync(
    join(share, 'settings.sh'),
    `TSNCTL_MODULES=${quoted(image.modules)}\nTSNCTL_TERMINAL=${terminal ? '/dev/ttyS1' : ''}\nTSNCTL_INIT=${init ?? ''}\n`,
  );
  writeFileSync(join(directory, 'initramfs'), initramfs(image));
}

function start(
  directory: string,
  options: BootOptions,
  accelerator: readonly string[],
): { child: ChildProcess; said(): string } {
  const { image, cpus = 2, memoryMiB = 2048, terminal = false, append = '' } = options;
  const args = qemuArguments({
    image,
    initramfs: join(directory, 'initramfs'),
    console: join(directory, 'console'),
    share: join(directory, 'share'),
    cpus,
    memoryMiB,
    terminal,
    accelerator,
    append,
  });
  // Should this process be killed, qemu is too.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', QEMU, ...args], {
    stdio: terminal ? ['inherit', 'inherit', 'pipe'] : ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const ending = () =>
    child.exitCode === null ? `killed by ${child.signalCode}` : `exited ${child.exitCode}`;
  return { child, said: () => [`qemu ${ending()}`, stderr.trim()].filter(Boolean).join(': ') };
}

interface Limits {
  readonly limitMs: number;
  readonly silenceMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Wait for qemu to end, or end it: that is then the reason. */
async function watch(child: ChildProcess, heartbeat: string, limits: Limits): Promise<Evidence['stopped']> {
  const begin = performance.now();
  let stopped: Evidence['stopped'];
  let beat: number | undefined;
  let aliveAt = begin;
  const look = () => {
    const now = performance.now();
    const mtime = statSync(heartbeat, { throwIfNoEntry: false })?.mtimeMs;
    if (mtime !== beat) aliveAt = now;
    beat = mtime;
    if (now - aliveAt > limits.silenceMs) stopped ??= { kind: 'hang', silentMs: now - aliveAt };
    else if (now - begin > limits.limitMs) stopped ??= { kind: 'timed out', limitMs: limits.limitMs };
    if (stopped || limits.signal?.aborted) child.kill('SIGKILL');
  };
  const timer = setInterval(look, POLL_MS);
  limits.signal?.addEventListener('abort', look);
  try {
    await once(child, 'close');
  } finally {
    clearInterval(timer);
    limits.signal?.removeEventListener('abort', look);
  }
  return stopped;
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
