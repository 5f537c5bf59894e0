import type { Codec, Reader } from '@tsnctl/codec';
import { align } from './message.ts';

/**
 * Attributes of which one, the kind (`kindType` in their table), says how another is laid out (link info, qdisc
 * options). A kind without a row is read and written by `plain`, which leaves that other one as bytes.
 */
export function kinded<V extends { kind?: string | undefined }>(
  kindType: number,
  plain: Codec<V>,
  rows: ReadonlyMap<string, Codec<V>>,
): Codec<V> {
  const rowOf = (kind = '') => rows.get(kind) ?? plain;
  return {
    size: undefined,
    align: plain.align,
    read: (reader) => rowOf(peekText(reader, kindType)).read(reader),
    write: (writer, value) => rowOf(value.kind).write(writer, value),
  };
}

const NLA_TYPE_MASK = 0x3fff; // linux/netlink.h
const NLA_HDRLEN = 4;

/** The text of the first attribute of that type, which in the kernel's answers is the first of all; the reader stays. */
function peekText(reader: Reader, type: number): string | undefined {
  const start = reader.offset;
  let text: string | undefined;
  while (text === undefined && reader.remaining >= NLA_HDRLEN) {
    const at = reader.advance(NLA_HDRLEN);
    const size = reader.view.getUint16(at, reader.littleEndian) - NLA_HDRLEN;
    if (size < 0 || size > reader.remaining) break; // to be told by who reads it
    if ((reader.view.getUint16(at + 2, reader.littleEndian) & NLA_TYPE_MASK) === type)
      text = reader.text(size);
    else reader.advance(Math.min(align(size), reader.remaining));
  }
  reader.seek(start);
  return text;
}
