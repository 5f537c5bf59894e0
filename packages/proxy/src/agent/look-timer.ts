/** Calls `look` at the nearest of all times that were asked for, and never while it is under way. */
export class LookTimer implements Disposable {
  readonly #look: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #disposed = false;

  /** `look` must not throw. */
  constructor(look: () => Promise<void>) {
    this.#look = look;
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
    this.#running = this.#look().finally(() => {
      this.#running = undefined;
      const due = this.#due;
      this.#due = Number.POSITIVE_INFINITY;
      if (Number.isFinite(due)) this.in(Math.max(0, due - performance.now()));
    });
  }
}
