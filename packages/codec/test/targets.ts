import { deepEqual } from 'node:assert/strict';
import { inspect } from 'node:util';
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
} from '../src/index.ts';
import type { FuzzTarget } from './fuzz.ts';

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

export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  { name: 'attrs', share: 25_000, seeds: [golden], run: (input) => decode(tree, input) },
  { name: 'attrs-rewritten', share: 5_000, seeds: [golden], run: rewritten },
];

/** Attributes that decode are written without complaint, and read as the same again. */
function rewritten(input: Uint8Array): void {
  const value = decode(tree, input);
  if (inspect(value).includes('\ufffd')) return; // text that was no UTF-8
  deepEqual(readAgain(value), value);
}

function readAgain(value: ReturnType<typeof tree.read>) {
  try {
    return decode(tree, encode(tree, value));
  } catch (cause) {
    throw new Error('attributes that were decoded are not written and read again', { cause });
  }
}
