import type { Log } from './log.ts';

/** What was begun and nobody waits for: waited for at the end, and its failure is told rather than thrown. */
export class UnderWay {
  readonly #log: Log;
  readonly #all = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(action: Promise<void>): void {
    const settled = action.catch((error) => {
      this.#log(`the agent failed: ${error instanceof Error ? error.stack : error}`, { level: 'error' });
    });
    this.#all.add(settled);
    void settled.finally(() => this.#all.delete(settled));
  }

  /** When none of it is left. */
  async idle(): Promise<void> {
    await Promise.all(this.#all);
  }
}
