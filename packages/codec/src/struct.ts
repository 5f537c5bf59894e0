import type { Pad } from './bytes.ts';
import type { Codec, Infer } from './codec.ts';
import { CodecError } from './error.ts';
import type { SizedCodec } from './integer.ts';
import { show } from './show.ts';
import type { Writer } from './writer.ts';

export type Fields = Readonly<Record<string, Codec<unknown>>>;

/** The object that a table of fields stands for; padding has no field. */
export type StructValue<F extends Fields> = {
  [K in keyof F as F[K] extends Pad ? never : K]: Infer<F[K]>;
};

/**
 * A C struct: fields in order at their natural alignment, gaps and tail padded with zeros.
 * Reads like the header it mirrors: `struct({ family: u8, type: u16, index: i32 })`.
 * Only the last field may be open-ended (attrs, rest, an open array); then there is no tail padding.
 */
export function struct<F extends { readonly [K in keyof F]: SizedCodec<unknown> }>(
  fields: F,
): SizedCodec<StructValue<F>>;
export function struct<F extends Fields>(fields: F): Codec<StructValue<F>>;
export function struct<F extends Fields>(fields: F): Codec<StructValue<F>> {
  const { placed, size, align } = place(fields);
  return {
    size,
    align,
    read: (reader) => {
      const start = reader.offset;
      const value: Record<string, unknown> = {};
      for (const { name, at, codec, isPad } of placed) {
        reader.advance(start + at - reader.offset);
        const field = reader.field(name, codec);
        if (!isPad) value[name] = field;
      }
      if (size !== undefined) reader.advance(start + size - reader.offset);
      return value as StructValue<F>;
    },
    write: (writer, value) => {
      const source = expectObject(writer, value);
      const start = writer.offset;
      for (const { name, at, codec, isPad } of placed) {
        writer.advance(start + at - writer.offset);
        if (!isPad && source[name] === undefined) writer.fail(`field ${name} is missing`);
        writer.field(name, codec, source[name]);
      }
      if (size !== undefined) writer.advance(start + size - writer.offset);
    },
  };
}

/** A value as something to take fields from, or a CodecError. */
export function expectObject(writer: Writer, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    writer.fail(`${show(value)} is not an object`);
  }
  return value as Record<string, unknown>;
}

interface Placed {
  readonly name: string;
  readonly at: number;
  readonly codec: Codec<unknown>;
  readonly isPad: boolean;
}

function place(fields: Fields): { placed: Placed[]; size: number | undefined; align: number } {
  const placed: Placed[] = [];
  let end: number | undefined = 0;
  let align = 1;
  for (const [name, codec] of Object.entries(fields)) {
    if (end === undefined) throw new CodecError(name, 'stands after a field of unknown size');
    const at = roundUp(end, codec.align);
    placed.push({ name, at, codec, isPad: 'pad' in codec });
    end = codec.size === undefined ? undefined : at + codec.size;
    align = Math.max(align, codec.align);
  }
  return { placed, size: end === undefined ? undefined : roundUp(end, align), align };
}

function roundUp(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}
