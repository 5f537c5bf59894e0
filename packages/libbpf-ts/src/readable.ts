import koffi from 'koffi';

/**
 * Waits for a descriptor to become readable, in the event loop, without a thread. The only place that knows how:
 * koffi's access to libuv, which its version in package.json is pinned for.
 */
export class Readable implements Disposable {
  readonly #fd: number;
  #handle: ReturnType<typeof koffi.node.poll> | undefined;
  #wake: (() => void) | undefined;

  /** `fd` stays the caller's, and open until this is disposed. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Resolves when there is something to read, the signal aborts, or this is disposed. One wait at a time. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal?.removeEventListener('abort', done);
        this.#handle?.stop();
        this.#wake = undefined;
        resolve();
      };
      signal?.addEventListener('abort', done, { once: true });
      this.#wake = done;
      // A handle of its own for each wait would be closed and opened anew each time.
      if (this.#handle) this.#handle.start({ readable: true }, done);
      else this.#handle = koffi.node.poll(this.#fd, { readable: true }, done);
    });
  }

  [Symbol.dispose](): void {
    this.#wake?.();
    this.#handle?.close();
    this.#handle = undefined;
  }
}
