import type { Codec, SizedCodec, StructValue } from '@tsnctl/codec';

type Members = Readonly<Record<string, SizedCodec<unknown>>>;

/**
 * A struct of statistics, which newer kernels extend at its end: of an older one the last fields are missing,
 * of a newer one the end is not looked at.
 */
export function growing<F extends Members>(fields: F): Codec<Partial<StructValue<F>>> {
  return {
    size: undefined,
    align: 1,
    read: (reader) => {
      const start = reader.offset;
      const value: Record<string, unknown> = {};
      for (const [name, codec] of Object.entries(fields)) {
        const gap = -(reader.offset - start) & (codec.align - 1);
        if (reader.remaining < gap + codec.size) break;
        reader.advance(gap);
        value[name] = reader.field(name, codec);
      }
      reader.advance(reader.remaining);
      return value as Partial<StructValue<F>>;
    },
    write: (writer, value) => {
      const start = writer.offset;
      const source = value as Record<string, unknown>;
      for (const [name, codec] of Object.entries(fields)) {
        if (source[name] === undefined) break;
        writer.advance(-(writer.offset - start) & (codec.align - 1));
        writer.field(name, codec, source[name]);
      }
    },
  };
}
