import type { Log } from '@tsnctl/proxy';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { customPath } from '../client/paths.ts';

/** A status that is not what it shall be. */
export interface StaleStatus {
  readonly name: string;
  /** Of what was read: where somebody has written meanwhile, this is not written. */
  readonly resourceVersion: string | undefined;
  readonly status: object;
  /** Which part of the time it waits for: whoever has the most to say comes first. All of it by default. */
  readonly turn?: readonly [from: number, to: number];
}

export interface StatusWriterOptions {
  readonly client: KubeClient;
  /** `tsnpolicies` */
  readonly plural: string;
  /** What is to be written, as it is now. */
  readonly stale: () => readonly StaleStatus[];
  readonly log: Log;
  /** Each agent waits for a random part of this; whoever wakes first writes, and the others see that it is done. */
  readonly withinMs?: number;
}

const WITHIN_MS = 60_000;
/** Somebody else has written, or there is nothing any more to write to. */
const PASSING = new Set([404, 409]);

/** Statuses of what all nodes share, without a controller: any agent may write, and of many one does. */
export class StatusWriter implements Disposable {
  readonly #options: StatusWriterOptions;
  readonly #waiting = new Map<string, { readonly timer: NodeJS.Timeout; readonly atMs: number }>();
  /** Those that are being written, and whether to look again after that. */
  readonly #writing = new Map<string, { again: boolean }>();
  #isDisposed = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** What is to be written may be something else than before. */
  look(): void {
    for (const one of this.#options.stale()) this.#wait(one);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #wait({ name, turn: [from, to] = [0, 1] }: StaleStatus): void {
    const { withinMs = WITHIN_MS } = this.#options;
    const nowMs = performance.now();
    const written = this.#writing.get(name);
    if (written) {
      written.again = true;
      return;
    }
    const former = this.#waiting.get(name);
    if (former && former.atMs <= nowMs + to * withinMs) return;
    clearTimeout(former?.timer);
    const waitMs = (from + Math.random() * (to - from)) * withinMs;
    const timer = setTimeout(() => {
      this.#write(name).catch((error) => this.#failed(name, error));
    }, waitMs);
    timer.unref();
    this.#waiting.set(name, { timer, atMs: nowMs + waitMs });
  }

  async #write(name: string): Promise<void> {
    this.#waiting.delete(name);
    const one = this.#find(name);
    if (!one) return;
    const written = { again: false };
    this.#writing.set(name, written);
    const isTaken = await this.#patch(one);
    this.#writing.delete(name);
    const next = isTaken && !written.again ? undefined : this.#find(name);
    if (next && !this.#isDisposed) this.#wait(next);
  }

  /** What is to be written could not be said: tried again when somebody looks. */
  #failed(name: string, error: unknown): void {
    const { plural, log } = this.#options;
    this.#writing.delete(name);
    log(`the status of ${plural} ${name} was not written: ${error}`, { level: 'warn' });
  }

  #find(name: string): StaleStatus | undefined {
    return this.#options.stale().find((it) => it.name === name);
  }

  async #patch({ name, resourceVersion, status }: StaleStatus): Promise<boolean> {
    const { client, plural, log } = this.#options;
    try {
      await client.patch(customPath(plural, name, 'status'), { metadata: { resourceVersion }, status });
      return true;
    } catch (error) {
      const isPassing = error instanceof KubeError && PASSING.has(error.status);
      const { message } = error as Error;
      if (!isPassing) log(`the status of ${plural} ${name} was not written: ${message}`, { level: 'warn' });
      return false;
    }
  }
}
