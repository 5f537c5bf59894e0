import type { Codec, Infer } from './codec.ts';
import { CodecError } from './error.ts';
import type { SizedCodec } from './integer.ts';
import { expectObject } from './struct.ts';

export type Places = Readonly<Record<string, { readonly at: number; readonly codec: Codec<unknown> }>>;

export type LayoutValue<P extends Places> = { [K in keyof P]: Infer<P[K]['codec']> };

/**
 * `size` bytes with fields at explicit byte offsets: for layouts that follow no C rules, or come from BTF.
 * Bytes of no field are zero when written and ignored when read. Bit-fields may share bytes.
 */
export function layout<P extends Places>(size: number, places: P, align = 1): SizedCodec<LayoutValue<P>> {
  const fields = Object.entries(places).map(([name, { at, codec }]) => {
    if (codec.size === undefined) throw new CodecError(name, 'a layout needs fields of a known size');
    if (at < 0 || at + codec.size > size) {
      throw new CodecError(name, `bytes ${at} to ${at + codec.size} are outside of the ${size} bytes`);
    }
    return { name, at, codec };
  });
  return {
    size,
    align,
    read: (reader) => {
      const start = reader.advance(size);
      const value: Record<string, unknown> = {};
      for (const { name, at, codec } of fields) {
        reader.seek(start + at);
        value[name] = reader.field(name, codec);
      }
      reader.seek(start + size);
      return value as LayoutValue<P>;
    },
    write: (writer, value) => {
      const source = expectObject(writer, value);
      const start = writer.advance(size);
      for (const { name, at, codec } of fields) {
        if (source[name] === undefined) writer.fail(`field ${name} is missing`);
        writer.seek(start + at);
        writer.field(name, codec, source[name]);
      }
      writer.seek(start + size);
    },
  };
}
