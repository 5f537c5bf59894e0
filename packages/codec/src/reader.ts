import type { Codec, Endian } from './codec.ts';
import { CodecError } from './error.ts';

/** A cursor over bytes that knows where in the value it is. Every way past the end is a CodecError. */
export class Reader {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Told of each attribute: its path, and where its payload is. For attrPathAt. */
  onAttr: ((path: string, start: number, size: number) => void) | undefined;
  readonly #bytes: Uint8Array;
  readonly #path: (string | number)[] = [];
  #offset = 0;
  #end: number;

  constructor(bytes: Uint8Array, endian: Endian = 'little') {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = endian === 'little';
    this.#bytes = bytes;
    this.#end = bytes.byteLength;
  }

  /** Where the next byte is read, in bytes from the start of the input. */
  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** Step over `size` bytes and say where they begin, for a read through `view`. */
  advance(size: number): number {
    const start = this.#offset;
    if (size > this.#end - start) this.fail(`needs ${size} bytes, ${this.#end - start} are left`);
    this.#offset = start + size;
    return start;
  }

  /** The next `size` bytes: a view, not a copy. */
  take(size: number): Uint8Array {
    const start = this.advance(size);
    return this.#bytes.subarray(start, start + size);
  }

  /** Go to an offset: back, or forward as far as the end. */
  seek(offset: number): void {
    if (offset < 0 || offset > this.#end) this.fail(`offset ${offset} is outside of the ${this.#end} bytes`);
    this.#offset = offset;
  }

  /** Read a value that owns exactly the next `size` bytes. */
  within<T>(size: number, codec: Codec<T>): T {
    const outer = this.#end;
    const start = this.advance(size);
    this.#offset = start;
    this.#end = start + size;
    const value = codec.read(this);
    this.expectEnd();
    this.#end = outer;
    return value;
  }

  /** Read the field or element called `key`, of exactly `size` bytes where given; errors carry it in their path. */
  field<T>(key: string | number, codec: Codec<T>, size?: number): T {
    this.#path.push(key);
    if (this.onAttr !== undefined && size !== undefined)
      this.onAttr(this.#path.join('.'), this.#offset, size);
    const value = size === undefined ? codec.read(this) : this.within(size, codec);
    this.#path.pop();
    return value;
  }

  expectEnd(): void {
    if (this.remaining > 0) this.fail(`${this.remaining} bytes are left over`);
  }

  fail(message: string): never {
    throw new CodecError(this.#path.join('.'), message);
  }
}
