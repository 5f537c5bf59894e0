/** After a look that came to nothing: somebody may be about to mend what was in the way. */
export const AFTER_FAILURE_MS = 1_000;

/**
 * Calls `look` at the nearest of all times that were asked for, and never while it is under way. One that throws is
 * told, and looks again soon.
 */
export class LookTimer implements Disposable {
  readonly #look: () => Promise<void>;
  readonly #onFailed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #disposed = false;

  constructor(look: () => Promise<void>, onFailed: (error: unknown) => void) {
    this.#look = look;
    this.#onFailed = onFailed;
  }

  /** So long from now, or sooner if that is due already: what happens all the time must not put it off. */
  in(ms: number): void {
    const at = performance.now() + ms;
    if (this.#disposed || at >= this.#due) return;
    this.#due = at;
    if (this.#running) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  /** When none is under way any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#due = Number.POSITIVE_INFINITY;
    this.#running = this.#lookOnce().finally(() => {
      this.#running = undefined;
      const due = this.#due;
      this.#due = Number.POSITIVE_INFINITY;
      if (Number.isFinite(due)) this.in(Math.max(0, due - performance.now()));
    });
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#look();
    } catch (error) {
      this.in(AFTER_FAILURE_MS);
      this.#onFailed(error);
    }
  }
}
