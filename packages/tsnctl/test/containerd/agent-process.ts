import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CHECKOUT } from '../cli.ts';
import { MAIN } from './programs.ts';

export interface AgentPlace {
  /** Start a program where the agent shall run, and send it a signal. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  kill(child: ChildProcess, signal: NodeJS.Signals): void;
}

/** Not in the way of other agents of this machine. */
const HERE = ['--http', 'off', '--log-format', 'text'];
/** An emulated machine takes a minute to start it. */
const PATIENCE_MS = 120_000;

/** A running `tsnctl agent` that answers at its socket. */
export class AgentProcess implements AsyncDisposable {
  readonly #place: AgentPlace;
  readonly #child: ChildProcess;
  #log = '';

  private constructor(place: AgentPlace, child: ChildProcess) {
    this.#place = place;
    this.#child = child;
    child.stderr?.on('data', (chunk) => {
      this.#log += chunk;
    });
  }

  /** Start it with these arguments, and wait until it listens. */
  static async start(place: AgentPlace, args: readonly string[]): Promise<AgentProcess> {
    const env = {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: join(CHECKOUT, 'node_modules/.cache/tsnctl-tests'),
    };
    const command = [
      '-C',
      '@tsnctl/source',
      '--disable-warning=ExperimentalWarning',
      MAIN,
      'agent',
      ...HERE,
      ...args,
    ];
    const stdio: SpawnOptions['stdio'] = ['ignore', 'ignore', 'pipe'];
    const agent = new AgentProcess(place, place.spawn(process.execPath, command, { stdio, env }));
    try {
      await agent.#listening();
      return agent;
    } catch (error) {
      await agent.stop();
      throw error;
    }
  }

  /** What it has said. */
  get log(): string {
    return this.#log;
  }

  /** End it, in good order or as a crash does, and wait for its end. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'close');
    this.#place.kill(this.#child, signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #listening(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#log.includes('ready: listening on ')) {
      if (this.#hasEnded || performance.now() > deadline)
        throw new Error(`the agent does not listen: ${this.#log}`);
      await setTimeout(10);
    }
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
