/** Carries out all at once. Answers with those that were refused; throws where none was carried out. */
export type ApplyAll<T> = (changes: readonly T[]) => ReadonlyMap<T, unknown>;

export interface ChangeQueueOptions {
  /** Whether the same again may do: somebody else is changing the node just now. */
  readonly isBusy?: (error: unknown) => boolean;
  readonly retryMs?: number;
  readonly patienceMs?: number;
}

/**
 * Collects changes while one is carried out, and carries the collected ones out as one: looking at the node costs
 * the same for one as for thirty. Where that fails, they are done one by one, so that only the guilty one fails.
 */
export class ChangeQueue<T> {
  readonly #applyAll: ApplyAll<T>;
  readonly #options: Required<ChangeQueueOptions>;
  #waiting: Waiting<T>[] = [];
  #running: Promise<void> | undefined;

  constructor(applyAll: ApplyAll<T>, options: ChangeQueueOptions = {}) {
    this.#applyAll = applyAll;
    this.#options = { isBusy: () => false, retryMs: 20, patienceMs: 5_000, ...options };
  }

  /** Resolves when the change is carried out. Changes are carried out in the order in which they come. */
  submit(change: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** When nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    do {
      await this.#gathered();
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#settle(batch);
    } while (this.#waiting.length > 0);
    this.#running = undefined;
  }

  /** What has come while one was carried out is read in a few turns of the event loop: wait until none brings more. */
  async #gathered(): Promise<void> {
    for (let quiet = 0, known = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise(setImmediate);
      if (this.#waiting.length > known) quiet = 0;
      known = this.#waiting.length;
    }
  }

  async #settle(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      const refused = await this.#attempt(batch.map(({ change }) => change));
      for (const { change, resolve, reject } of batch) {
        if (refused.has(change)) reject(refused.get(change));
        else resolve();
      }
    } catch (error) {
      if (batch.length === 1 || this.#options.isBusy(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      for (const one of batch) await this.#settle([one]);
    }
  }

  async #attempt(changes: readonly T[]): Promise<ReadonlyMap<T, unknown>> {
    const { isBusy, retryMs, patienceMs } = this.#options;
    for (let waitedMs = 0; ; waitedMs += retryMs) {
      try {
        return this.#applyAll(changes);
      } catch (error) {
        if (!isBusy(error) || waitedMs >= patienceMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}

/** Accept, read, answer. */
const QUIET_TURNS = 3;

interface Waiting<T> {
  readonly change: T;
  resolve(): void;
  reject(error: unknown): void;
}
