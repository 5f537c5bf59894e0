import type { Codec } from './codec.ts';
import type { SizedCodec } from './integer.ts';
import { show } from './show.ts';
import type { Writer } from './writer.ts';

/**
 * `char name[size]`: UTF-8 up to the first NUL, the rest zero. A text that fills all bytes has no NUL.
 * Bytes that are no UTF-8 read as U+FFFD: a strange interface name must not break a whole dump.
 */
export function text(size: number): SizedCodec<string> {
  return {
    size,
    align: 1,
    read: (reader) => reader.text(size),
    write: (writer, value) => {
      const encoded = utf8(writer, value);
      if (encoded.length > size)
        writer.fail(`${show(value)} takes ${encoded.length} bytes where ${size} fit`);
      const start = writer.advance(size);
      writer.seek(start);
      writer.put(encoded);
      writer.seek(start + size);
    },
  };
}

/** All bytes that remain, up to the first NUL; written with one NUL at its end, as in netlink's NLA_NUL_STRING. */
export const cstring: Codec<string> = {
  size: undefined,
  align: 1,
  read: (reader) => reader.text(reader.remaining),
  write: (writer, value) => {
    writer.put(utf8(writer, value));
    writer.advance(1);
  },
};

/** The same without the NUL, as iproute2 writes the kinds of links. Read with or without it. */
export const chars: Codec<string> = {
  ...cstring,
  write: (writer, value) => writer.put(utf8(writer, value)),
};

const encoder = new TextEncoder();

function utf8(writer: Writer, value: unknown): Uint8Array {
  if (typeof value !== 'string') writer.fail(`${show(value)} is not a string`);
  if (value.includes('\0')) writer.fail(`${show(value)} contains a NUL`);
  return encoder.encode(value);
}
