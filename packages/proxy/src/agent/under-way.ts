/** What was begun and nobody waits for: waited for at the end, and its failure is told rather than thrown. */
export class UnderWay {
  readonly #onFailed: (error: unknown) => void;
  readonly #all = new Set<Promise<void>>();
  readonly #soon = new Set<() => void>();

  constructor(onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed;
  }

  add(action: Promise<void>): void {
    const settled = action.catch(this.#onFailed);
    this.#all.add(settled);
    void settled.finally(() => this.#all.delete(settled));
  }

  /** Do it after all that is ready to be done now: once, however often it is asked for until then. */
  soon(action: () => void): void {
    if (this.#soon.has(action)) return;
    this.#soon.add(action);
    const done = new Promise(setImmediate).then(() => {
      this.#soon.delete(action);
      action();
    });
    this.add(done);
  }

  /** When none of it is left. */
  async idle(): Promise<void> {
    await Promise.all(this.#all);
  }
}
