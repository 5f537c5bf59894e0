import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Hundreds of starts: a third of the time with what Node compiled kept. */
const COMPILED = join(CHECKOUT, 'node_modules/.cache/tsnctl-tests');

export interface CliOptions {
  /** A directory on a BPF file system that the child sees at /sys/fs/bpf; null: nothing is mounted there. */
  bpffs?: string | null;
  /** Shell lines that are run first, in the child's own mount namespace. */
  prepare?: string;
  /** What stands before `node`: setpriv and the like. */
  wrap?: readonly string[];
  /** A module that Node loads first, in this folder. */
  preload?: string;
  env?: Record<string, string>;
  /** Another path to this checkout. */
  checkout?: string;
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

const running = new Set<Cli>();

/** Run `tsnctl ARGS` from its sources to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Cli(args, options).ended;
}

/** To be called after each test: what one left running is killed, and named. */
export async function killRunning(): Promise<string[]> {
  const left = [...running];
  for (const cli of left) cli.kill('SIGKILL', { group: true });
  await Promise.all(left.map(({ ended }) => ended));
  return left.map(({ args }) => args.join(' '));
}

/** A running `tsnctl ARGS`, the first of a process group of its own. */
export class Cli {
  readonly args: readonly string[];
  readonly ended: Promise<CliResult>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], options: CliOptions = {}) {
    const [command = '', ...rest] = commandLine(args, options);
    const env = { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: COMPILED, ...options.env };
    this.args = args;
    this.#child = spawn(command, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#child.stdout?.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.ended = this.#end();
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** To the process alone, or to its group as a terminal does. */
  kill(signal: NodeJS.Signals, { group = false } = {}): void {
    if (this.isRunning) process.kill(group ? -this.pid : this.pid, signal);
  }

  /** Wait until stderr says so. */
  async says(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`ended without "${text}": ${this.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #end(): Promise<CliResult> {
    const [code] = await once(this.#child, 'close');
    running.delete(this);
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }
}

function commandLine(args: readonly string[], options: CliOptions): string[] {
  const { bpffs, prepare = '', wrap = [], preload, checkout = CHECKOUT } = options;
  const node = process.execPath.replace(CHECKOUT, checkout);
  const imports = preload ? ['--import', join(checkout, 'packages/tsnctl/test', preload)] : [];
  const main = join(checkout, 'packages/tsnctl/src/main.ts');
  const command = [...wrap, node, '-C', '@tsnctl/source', ...imports, main, ...args];
  if (bpffs === undefined && prepare === '') return command;
  const script = `${mounting(bpffs)}\n${prepare}\nexec "$@"`;
  return ['unshare', '-m', '--propagation', 'private', 'sh', '-ec', script, 'sh', ...command];
}

/** iproute2 mounts a BPF file system by itself now and then: that one must not be seen. */
function mounting(bpffs: string | null | undefined): string {
  if (bpffs === undefined) return '';
  const unmount = 'while umount /sys/fs/bpf 2>/dev/null; do :; done';
  return bpffs === null ? unmount : `${unmount}\nmount --bind '${bpffs}' /sys/fs/bpf`;
}
