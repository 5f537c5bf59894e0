import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  be16,
  be32,
  be64,
  bool8,
  type Codec,
  CodecError,
  decode,
  encode,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
} from './index.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('integers', () => {
  it.each([
    ['u8', u8, 0n, 0xffn],
    ['u16', u16, 0n, 0xffffn],
    ['u32', u32, 0n, 0xffff_ffffn],
    ['i8', i8, -0x80n, 0x7fn],
    ['i16', i16, -0x8000n, 0x7fffn],
    ['i32', i32, -0x8000_0000n, 0x7fff_ffffn],
    ['be16', be16, 0n, 0xffffn],
    ['be32', be32, 0n, 0xffff_ffffn],
  ] as const)('%s takes its range and nothing else, in both byte orders', (_name, codec, min, max) => {
    fc.assert(
      fc.property(fc.bigInt(min, max), fc.constantFrom('little', 'big'), (value, endian) => {
        expect(decode(codec, encode(codec, Number(value), { endian }), { endian })).toBe(Number(value));
      }),
    );
    for (const wrong of [Number(min) - 1, Number(max) + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => encode(codec, wrong)).toThrow(CodecError);
    }
    for (const wrong of ['1', 1n, null, undefined, {}]) {
      expect(() => encode(codec as Codec<unknown>, wrong)).toThrow(CodecError);
    }
  });

  it.each([
    ['u64', u64, 0n, (1n << 64n) - 1n],
    ['i64', i64, -(1n << 63n), (1n << 63n) - 1n],
    ['be64', be64, 0n, (1n << 64n) - 1n],
  ] as const)('%s takes bigints of its range and nothing else', (_name, codec, min, max) => {
    fc.assert(
      fc.property(fc.bigInt(min, max), fc.constantFrom('little', 'big'), (value, endian) => {
        expect(decode(codec, encode(codec, value, { endian }), { endian })).toBe(value);
      }),
    );
    for (const wrong of [min - 1n, max + 1n, 7]) {
      expect(() => encode(codec as Codec<unknown>, wrong)).toThrow(CodecError);
    }
  });

  it('has the byte order that was asked for, except where it names its own', () => {
    expect(hex(encode(u32, 0x01020304))).toBe('04030201');
    expect(hex(encode(u32, 0x01020304, { endian: 'big' }))).toBe('01020304');
    expect(hex(encode(be16, 0x0102))).toBe('0102');
    expect(hex(encode(be64, 1n))).toBe('0000000000000001');
  });

  it('reads any byte but 0 as true, and writes 1', () => {
    expect(decode(bool8, Uint8Array.of(2))).toBe(true);
    expect(hex(encode(bool8, true))).toBe('01');
    expect(() => encode(bool8 as Codec<unknown>, 1)).toThrow('1 is not a boolean');
  });

  it('says what did not fit', () => {
    expect(() => encode(u8, 300)).toThrow('300 is not an integer from 0 to 255');
    expect(() => encode(u64 as Codec<unknown>, 3)).toThrow(
      '3 is not a bigint from 0 to 18446744073709551615',
    );
    expect(() => decode(u32, new Uint8Array(3))).toThrow('needs 4 bytes, 3 are left');
    expect(() => decode(u8, new Uint8Array(3))).toThrow('2 bytes are left over');
    expect(decode(u8, new Uint8Array(3), { partial: true })).toBe(0);
  });
});
