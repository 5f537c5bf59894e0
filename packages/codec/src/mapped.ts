import type { Codec } from './codec.ts';
import type { SizedCodec } from './integer.ts';

/** Ends the conversion with a CodecError at the field's path. */
export type Fail = (message: string) => never;

/**
 * The same bytes under another value: a MAC address as text, an operstate as a word.
 * Both directions refuse by calling `fail`.
 */
export function mapped<A, B>(codec: SizedCodec<A>, read: Read<A, B>, write: Write<A, B>): SizedCodec<B>;
export function mapped<A, B>(codec: Codec<A>, read: Read<A, B>, write: Write<A, B>): Codec<B>;
export function mapped<A, B>(codec: Codec<A>, read: Read<A, B>, write: Write<A, B>): Codec<B> {
  return {
    size: codec.size,
    align: codec.align,
    read: (reader) => read(codec.read(reader), reader.refuse),
    write: (writer, value) =>
      codec.write(
        writer,
        write(value, (message) => writer.fail(message)),
      ),
  };
}

type Read<A, B> = (value: A, fail: Fail) => B;
type Write<A, B> = (value: B, fail: Fail) => A;
