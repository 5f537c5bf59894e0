import { type Codec, Reader, rest, type SizedCodec, type StructValue } from '@tsnctl/codec';

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
      const inside = new Reader(
        reader.within(reader.remaining, rest),
        reader.littleEndian ? 'little' : 'big',
      );
      const value: Record<string, unknown> = {};
      for (const [name, codec] of Object.entries(fields)) {
        const gap = -inside.offset & (codec.align - 1);
        if (inside.remaining < gap + codec.size) break;
        inside.advance(gap);
        value[name] = inside.field(name, codec);
      }
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
