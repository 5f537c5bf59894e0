import type { Codec } from '@tsnctl/codec';

/**
 * Attributes of which one, the kind, says how another is laid out (link info, qdisc options).
 * A kind without a row is read and written by `plain`, which leaves that other one as bytes.
 */
export function kinded<V extends { kind?: string | undefined }>(
  plain: Codec<V>,
  rows: ReadonlyMap<string, Codec<V>>,
): Codec<V> {
  const rowOf = ({ kind }: V) => rows.get(kind ?? '') ?? plain;
  return {
    size: undefined,
    align: plain.align,
    read: (reader) => {
      const start = reader.offset;
      const value = plain.read(reader);
      const row = rowOf(value);
      if (row === plain) return value;
      reader.seek(start);
      return row.read(reader);
    },
    write: (writer, value) => rowOf(value).write(writer, value),
  };
}
