import type { ChildProcess } from 'node:child_process';
import { TsnctlError } from '@tsnctl/codec';
import type { Host } from './host.ts';
import type { TalkerProgram } from './staging.ts';

/** Rights of a process in a pod: none at all, or those of root with one capability. */
export type Rights = 'none' | 'net-admin';

const NOBODY = '65534';

/** A talker ends with the lab, also with one that is killed. */
const TOGETHER = ['--pdeathsig', 'KILL'] as const;

export const setpriv: Record<Rights, readonly string[]> = {
  none: ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'],
  'net-admin': ['--bounding-set=-all,+net_admin', '--inh-caps=-all'],
};

/** A running talker: what it printed, and how it ended. */
export class Talker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #stdout = '';
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk) => {
      this.#stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#ended = new Promise((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    });
    this.#ended.catch(() => undefined); // reported where it is awaited
  }

  /** Start the talker on a host: `send` or `serve` with its arguments. */
  static start(program: TalkerProgram, host: Host, rights: Rights, args: readonly string[]): Talker {
    const command = [...setpriv[rights], ...TOGETHER, '--no-new-privs', ...program.command, ...args];
    const env = { PATH: process.env.PATH ?? '', ...program.env };
    return new Talker(host.spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd: '/' }));
  }

  /** Wait until a server listens. */
  async ready(): Promise<void> {
    const listening = new Promise<void>((resolve) => {
      const look = () => {
        if (this.#stdout.includes('ready\n')) resolve();
      };
      this.#child.stdout?.on('data', look);
      look();
    });
    const over = this.#ended.then(() => {
      throw this.#failure();
    });
    await Promise.race([listening, over]);
  }

  /** Wait until a sender is through. */
  async done(): Promise<void> {
    if ((await this.#ended) !== 0) throw this.#failure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended.catch(() => undefined);
  }

  #failure(): TsnctlError {
    const word = /^.*error.*$/im.exec(this.#stderr)?.[0] ?? this.#stderr.trim(); // without Node's stack
    return new TsnctlError('TALKER', `the talker failed: ${word || this.#child.signalCode || 'no word'}`, {
      hint: 'apt-get install util-linux, if setpriv is missing; otherwise run the same by hand',
      cause: this.#stderr,
    });
  }
}
