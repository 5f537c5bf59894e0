/** Talk about a long run: on a terminal one line that is rewritten, otherwise a line for each part. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #parts: number;
  #part = 0;

  constructor(stream: NodeJS.WriteStream, parts: number) {
    this.#stream = stream;
    this.#parts = parts;
  }

  next(text: string): void {
    this.#part++;
    const line = `[${this.#part}/${this.#parts}] ${text}`;
    this.clear();
    // A line that wraps could not be rewritten.
    this.#stream.write(this.#stream.isTTY ? line.slice(0, this.#stream.columns - 1) : `${line}\n`);
  }

  /** Take the line away, so that what comes next starts on a clean one. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
