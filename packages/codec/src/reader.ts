import type { Codec, Endian } from './codec.ts';
import { CodecError } from './error.ts';

/**
 * The kernel's texts are a few names, again and again: the last of each hash is kept, and taken where it is the same.
 * A TextDecoder takes ten times as long, and what is not made anew need not be collected.
 */
const interned: (string | undefined)[] = new Array(512).fill(undefined);

function internAscii(bytes: Uint8Array, start: number, length: number, hash: number): string {
  const slot = hash % interned.length;
  const known = interned[slot];
  if (known !== undefined && isSame(known, bytes, start, length)) return known;
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[start + i] as number);
  if (length <= LONGEST_NAME) interned[slot] = text;
  return text;
}

function isSame(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

const LONGEST_NAME = 32;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A cursor over bytes that knows where in the value it is. Every way past the end is a CodecError. */
export class Reader {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Told of each attribute: its path, and where its payload is. For attrPathAt. */
  onAttr: ((path: string, start: number, size: number) => void) | undefined;
  readonly #bytes: Uint8Array;
  readonly #owned: boolean;
  readonly #path: (string | number)[] = [];
  #offset = 0;
  #end: number;
  #refuse: ((message: string) => never) | undefined;

  constructor(bytes: Uint8Array, endian: Endian = 'little', owned = false) {
    this.#owned = owned;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = endian === 'little';
    // of a subclass, such as Node's Buffer, a slice is not a copy
    this.#bytes =
      bytes.constructor === Uint8Array
        ? bytes
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

  /** The next `size` bytes, to keep: bytes of their own, or views where the input is `owned`. */
  keep(size: number): Uint8Array {
    const start = this.advance(size);
    const bytes = this.#bytes;
    return this.#owned ? bytes.subarray(start, start + size) : bytes.slice(start, start + size);
  }

  /** The next `size` bytes as text up to the first NUL; bytes that are no UTF-8 read as U+FFFD. */
  text(size: number): string {
    const start = this.advance(size);
    const bytes = this.#bytes;
    let hash = 0;
    let length = 0;
    for (; length < size; length++) {
      const byte = bytes[start + length] as number;
      if (byte === 0) break;
      if (byte > 0x7f) return decodeUtf8(bytes.subarray(start, start + size));
      hash = (hash * 31 + byte) & 0xffff;
    }
    return internAscii(bytes, start, length, hash);
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

  /** `fail` as a value, made once. */
  get refuse(): (message: string) => never {
    this.#refuse ??= (message) => this.fail(message);
    return this.#refuse;
  }

  fail(message: string): never {
    throw new CodecError(this.#path.join('.'), message);
  }
}
