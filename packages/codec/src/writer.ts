import type { Codec, Endian } from './codec.ts';
import { CodecError } from './error.ts';

/** A growing buffer, or one of the caller's, with a cursor. Bytes that are stepped over and not written stay zero. */
export class Writer {
  readonly littleEndian: boolean;
  readonly #path: (string | number)[] = [];
  #bytes: Uint8Array;
  #view: DataView;
  readonly #isOwn: boolean;
  #offset = 0;
  #length = 0;

  /** `into` is written to instead of a buffer of its own, which grows; it is zero, or `reset` comes first. */
  constructor(endian: Endian = 'little', into?: Uint8Array) {
    this.littleEndian = endian === 'little';
    this.#isOwn = into === undefined;
    this.#bytes = into ?? new Uint8Array(128);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  }

  /** Begin anew, with zeros: to write many values to the same place. */
  reset(): void {
    this.#bytes.fill(0);
    this.#offset = 0;
    this.#length = 0;
    this.#path.length = 0;
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
    if (!this.#isOwn) this.fail(`needs ${needed} bytes, the buffer has ${this.#bytes.length}`);
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
