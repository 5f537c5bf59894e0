import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Byte order of the integers that do not name their own (be16 always is big). */
export type Endian = 'little' | 'big';

/**
 * A two-way binary layout as a value: one object both reads and writes a `T`.
 * `size` in bytes is undefined where it depends on the data; `align` is C's natural alignment in bytes.
 */
export interface Codec<T> {
  readonly size: number | undefined;
  readonly align: number;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** The TypeScript type that a codec reads and writes. */
export type Infer<C extends Codec<unknown>> = ReturnType<C['read']>;

/**
 * Decode the whole of `bytes`. Little endian unless told; bytes left over are an error unless `partial`.
 * Bytes in the value are copies, unless the input is `owned`: nobody will write into it any more.
 * @throws CodecError whatever the bytes are, and nothing else
 */
export function decode<T>(
  codec: Codec<T>,
  bytes: Uint8Array,
  options: { endian?: Endian; partial?: boolean; owned?: boolean } = {},
): T {
  const reader = new Reader(bytes, options.endian, options.owned);
  const value = codec.read(reader);
  if (!options.partial) reader.expectEnd();
  return value;
}

/**
 * Encode a value. Little endian unless told; padding is zero.
 * @throws CodecError where the value does not fit: 300 in a u8, a missing field, a wrong array length
 */
export function encode<T>(codec: Codec<T>, value: T, options: { endian?: Endian } = {}): Uint8Array {
  const writer = new Writer(options.endian);
  codec.write(writer, value);
  return writer.finish();
}
