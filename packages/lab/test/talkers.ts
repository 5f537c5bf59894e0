import type { ChildProcess } from 'node:child_process';
import type { Host } from '../src/host.ts';
import type { TalkerProgram } from '../src/staging.ts';
import { type Rights, setpriv } from '../src/talker.ts';

/** Several talkers of one host that a single shell starts: in an emulated machine, starting is what takes long. */
export class Talkers implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #count: number;
  #stdout = '';
  #stderr = '';

  constructor(program: TalkerProgram, host: Host, rights: Rights, lines: readonly (readonly string[])[]) {
    this.#count = lines.length;
    const command = [...setpriv[rights], '--no-new-privs', 'sh', '-c', script(program, lines)];
    const env = { PATH: process.env.PATH ?? '', ...program.env };
    this.#child = host.spawn('setpriv', command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      cwd: '/',
      detached: true, // a group of its own, which ends as one
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('close', resolve);
      this.#child.once('error', reject);
    });
    this.#ended.catch(() => undefined); // reported where it is awaited
  }

  /** Wait until all servers listen. */
  async ready(): Promise<void> {
    const listening = new Promise<void>((resolve) => {
      const look = () => {
        if (this.#stdout.split('ready\n').length > this.#count) resolve();
      };
      this.#child.stdout?.on('data', look);
      look();
    });
    const over = this.#ended.then(() => {
      throw this.#failure();
    });
    await Promise.race([listening, over]);
  }

  /** Wait until all senders are through. */
  async done(): Promise<void> {
    if ((await this.#ended) !== 0) throw this.#failure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.pid) process.kill(-this.#child.pid, 'SIGKILL');
    await this.#ended.catch(() => undefined);
  }

  #failure(): Error {
    return new Error(`a talker failed: ${this.#stderr.trim() || 'no word'}`);
  }
}

/** All at once; it fails if one does. */
function script({ command }: TalkerProgram, lines: readonly (readonly string[])[]): string {
  const starts = lines.map((line) => `${[...command, ...line].join(' ')} & all="$all $!"`);
  return [...starts, 'failed=0', 'for one in $all; do wait "$one" || failed=1; done', 'exit $failed'].join(
    '\n',
  );
}
