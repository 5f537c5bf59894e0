import type { Codec } from './codec.ts';
import { CodecError } from './error.ts';
import type { SizedCodec } from './integer.ts';
import { show } from './show.ts';

/** `T name[length]`; without a length as many elements as remain (C's flexible array). */
export function array<T>(element: Codec<T>, length: number): SizedCodec<T[]>;
export function array<T>(element: Codec<T>): Codec<T[]>;
export function array<T>(element: Codec<T>, length?: number): Codec<T[]> {
  const { size, align } = element;
  if (size === undefined) throw new CodecError('', 'an array needs elements of a known size');
  if (size === 0 && length === undefined)
    throw new CodecError('', 'an open array needs elements of some size');
  return {
    size: length === undefined ? undefined : length * size,
    align,
    read: (reader) => {
      const count = length ?? Math.floor(reader.remaining / size);
      const values: T[] = [];
      if (count * size > reader.remaining)
        reader.fail(`needs ${count * size} bytes, ${reader.remaining} are left`);
      for (let i = 0; i < count; i++) values.push(reader.field(i, element));
      return values;
    },
    write: (writer, values) => {
      if (!Array.isArray(values)) writer.fail(`${show(values)} is not an array`);
      if (length !== undefined && values.length !== length) {
        writer.fail(`${values.length} elements where ${length} belong`);
      }
      for (const [i, value] of values.entries()) writer.field(i, element, value);
    },
  };
}
