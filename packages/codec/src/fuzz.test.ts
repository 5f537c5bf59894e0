import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { feed, hostileInputs, storedInputs } from '../test/fuzz.ts';
import {
  array,
  attrs,
  bits,
  bool8,
  bytes,
  cstring,
  decode,
  encode,
  flag,
  layout,
  list,
  nest,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from './index.ts';

const tree = attrs({
  name: [1, cstring],
  fixed: [2, struct({ a: u8, b: u64, c: array(u16, 3), d: text(5) })],
  inner: [3, nest(attrs({ kind: [1, cstring], on: [2, flag], pair: [3, array(u32)] }))],
  items: [4, nest(list(nest(attrs({ mask: [1, u8], wide: [2, u64] })), 1))],
  packed: [5, layout(4, { low: { at: 0, codec: bits(2, 9) }, high: { at: 2, codec: bits(0, 16, true) } })],
  raw: [6, bytes(6)],
  yes: [7, bool8],
});

const golden = encode(tree, {
  name: 'eth0',
  fixed: { a: 1, b: 2n, c: [3, 4, 5], d: 'hello' },
  inner: { kind: 'x', on: true, pair: [1, 2] },
  items: [{ mask: 1 }, { wide: 9n }],
  packed: { low: 300, high: -2 },
  raw: new Uint8Array(6),
  yes: true,
});

describe('hostile attributes', () => {
  it('end in a value or in a CodecError, 30000 times', () => {
    const seen = { value: 0, refused: 0 };
    for (const input of hostileInputs([golden], 30_000, 1))
      seen[feed('attrs', (it) => decode(tree, it), input)]++;
    expect(Math.min(seen.value, seen.refused)).toBeGreaterThan(1000);
  });

  it('that once were too much no longer are', () => {
    const stored = storedInputs(new URL('../testdata/crashers/', import.meta.url));
    expect(stored.length).toBeGreaterThan(0);
    for (const { name, bytes: input } of stored) feed(name, (it) => decode(tree, it), input);
  });

  it('that decode are written without complaint, and read as the same again', () => {
    for (const input of hostileInputs([golden], 5000, 2)) {
      const value = decoded(input);
      if (value && !inspect(value).includes('\ufffd'))
        expect(decode(tree, encode(tree, value))).toEqual(value);
    }
  });
});

function decoded(input: Uint8Array) {
  try {
    return decode(tree, input);
  } catch {
    return undefined;
  }
}
