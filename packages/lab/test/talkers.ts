import type { Host } from '../src/host.ts';
import { RunningChild } from '../src/running-child.ts';
import type { TalkerProgram } from '../src/staging.ts';
import { type Rights, setpriv } from '../src/talker.ts';

/** Several talkers of one host that a single shell starts: in an emulated machine, starting is what takes long. */
export class Talkers implements AsyncDisposable {
  readonly #child: RunningChild;
  readonly #count: number;

  constructor(program: TalkerProgram, host: Host, rights: Rights, lines: readonly (readonly string[])[]) {
    this.#count = lines.length;
    const command = [...setpriv[rights], '--no-new-privs', 'sh', '-c', script(program, lines)];
    const env = { PATH: process.env.PATH ?? '', ...program.env };
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const detached = true; // a group of its own, which ends as one
    this.#child = new RunningChild(
      host.spawn('setpriv', command, { stdio: [...stdio], env, cwd: '/', detached }),
    );
  }

  /** Wait until all servers listen. */
  async ready(): Promise<void> {
    await this.#child.prints(
      (stdout) => stdout.split('ready\n').length > this.#count,
      () => this.#failure(),
    );
  }

  /** Wait until all senders are through. */
  async done(): Promise<void> {
    if ((await this.#child.ended) !== 0) throw this.#failure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, pid } = this.#child.process;
    if (exitCode === null && pid) process.kill(-pid, 'SIGKILL');
    await this.#child.ended.catch(() => undefined);
  }

  #failure(): Error {
    return new Error(`a talker failed: ${this.#child.stderr.trim() || 'no word'}`);
  }
}

/** All at once; it fails if one does. */
function script({ command }: TalkerProgram, lines: readonly (readonly string[])[]): string {
  const starts = lines.map((line) => `${[...command, ...line].join(' ')} & all="$all $!"`);
  return [...starts, 'failed=0', 'for one in $all; do wait "$one" || failed=1; done', 'exit $failed'].join(
    '\n',
  );
}
