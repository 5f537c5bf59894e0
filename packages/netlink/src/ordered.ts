import { type AttrTable, type AttrValues, attrs, type Codec, mapped } from '@tsnctl/codec';

/** Attributes that are written in the order of the table, however the value's keys are ordered; unknown ones last. */
export function orderedAttrs<const T extends AttrTable>(table: T): Codec<AttrValues<T>> {
  const blank = Object.fromEntries(Object.keys(table).map((name) => [name, undefined]));
  const inOrder = ({ unknown, ...fields }: AttrValues<T>) => ({ ...blank, ...fields, unknown });
  return mapped(
    attrs(table),
    (value) => value,
    (value, fail) =>
      typeof value === 'object' && value !== null
        ? (inOrder(value) as AttrValues<T>)
        : fail('options are an object'),
  );
}
