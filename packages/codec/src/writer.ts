import type { Codec, Endian } from './codec.ts';
import { CodecError } from './error.ts';

/** A growing buffer with a cursor. Bytes that are stepped over and not written stay zero. */
export class Writer {
  readonly littleEndian: boolean;
  readonly #path: (string | number)[] = [];
  #bytes = new Uint8Array(128);
  #view = new DataView(this.#bytes.buffer);
  #offset = 0;
  #length = 0;

  constructor(endian: Endian = 'little') {
    this.littleEndian = endian === 'little';
  }

  /** Valid until the next `advance`, which may move the bytes. */
  get view(): DataView {
    return this.#view;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Step over `size` bytes and say where they begin, for a write through `view`. */
  advance(size: number): number {
    const start = this.#offset;
    const end = start + size;
    if (end > this.#bytes.length) this.#grow(end);
    this.#offset = end;
    if (end > this.#length) this.#length = end;
    return start;
  }

  put(bytes: Uint8Array): void {
    const start = this.advance(bytes.length);
    this.#bytes.set(bytes, start);
  }

  /** Go back to, or forward within, what has been stepped over. */
  seek(offset: number): void {
    if (offset < 0 || offset > this.#length)
      this.fail(`offset ${offset} is outside of the ${this.#length} bytes`);
    this.#offset = offset;
  }

  /** Write the field or element called `key`; errors inside carry it in their path. */
  field<T>(key: string | number, codec: Pick<Codec<T>, 'write'>, value: T): void {
    this.#path.push(key);
    codec.write(this, value);
    this.#path.pop();
  }

  /** A copy of all that was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  fail(message: string): never {
    throw new CodecError(this.#path.join('.'), message);
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
