import { TsnctlError } from '@tsnctl/codec';
import type { Host } from './host.ts';
import { RunningChild } from './running-child.ts';
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

/** A running talker. */
export class Talker implements AsyncDisposable {
  readonly #child: RunningChild;

  private constructor(child: RunningChild) {
    this.#child = child;
  }

  /** Start the talker on a host: `send` or `serve` with its arguments. */
  static start(program: TalkerProgram, host: Host, rights: Rights, args: readonly string[]): Talker {
    const command = [...setpriv[rights], ...TOGETHER, '--no-new-privs', ...program.command, ...args];
    const env = { PATH: process.env.PATH ?? '', ...program.env };
    const child = host.spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd: '/' });
    return new Talker(new RunningChild(child));
  }

  /** Wait until a server listens. */
  async ready(): Promise<void> {
    await this.#child.prints(
      (stdout) => stdout.includes('ready\n'),
      () => this.#failure(),
    );
  }

  /** Wait until a sender is through. */
  async done(): Promise<void> {
    if ((await this.#child.ended) !== 0) throw this.#failure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.process.kill('SIGKILL');
    await this.#child.ended.catch(() => undefined);
  }

  #failure(): TsnctlError {
    const { stderr, process } = this.#child;
    const word = /^.*error.*$/im.exec(stderr)?.[0] ?? stderr.trim(); // without Node's stack
    return new TsnctlError('TALKER', `the talker failed: ${word || process.signalCode || 'no word'}`, {
      hint: 'apt-get install util-linux, if setpriv is missing; otherwise run the same by hand',
      cause: stderr,
    });
  }
}
