import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  array,
  bits,
  bytes,
  type Codec,
  CodecError,
  decode,
  encode,
  i32,
  layout,
  pad,
  rest,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from './index.ts';

const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

describe('struct', () => {
  it('lies in memory as in C', () => {
    const inner = struct({ a: u8, b: u64, c: u16 });
    expect([inner.size, inner.align]).toEqual([24, 8]);
    const outer = struct({ flag: u8, inner, tail: u8 });
    expect(outer.size).toBe(40);
    expect(hex(encode(outer, { flag: 1, inner: { a: 2, b: 3n, c: 4 }, tail: 5 }))).toBe(
      [
        '0100000000000000',
        '0200000000000000',
        '0300000000000000',
        '0400000000000000',
        '0500000000000000',
      ].join(''),
    );
  });

  it('zeroes padding, ignores it when it reads, and has no field for it', () => {
    const padded = struct({ a: u8, unused: pad(3), b: u32 });
    const value = decode(padded, Uint8Array.of(1, 9, 9, 9, 2, 0, 0, 0));
    expect(value).toEqual({ a: 1, b: 2 });
    expect(hex(encode(padded, value))).toBe('0100000002000000');
  });

  it('may end open', () => {
    const open = struct({ family: u8, index: i32, data: rest });
    expect(open.size).toBeUndefined();
    const value = { family: 2, index: -1, data: Uint8Array.of(7) };
    expect(decode(open, encode(open, value))).toEqual(value);
    expect(() => struct({ data: rest, more: u8 })).toThrow('more: stands after a field of unknown size');
  });

  it('names the field that is wrong by its path', () => {
    const schedule = struct({ schedule: array(struct({ gates: u8, intervalNs: u32 }), 3) });
    const entry = { gates: 1, intervalNs: 2 };
    const broken = { schedule: [entry, entry, { gates: 1, intervalNs: -1 }] };
    const error = catchError(() => encode(schedule, broken));
    expect(error).toMatchObject({ name: 'CodecError', code: 'CODEC', path: 'schedule.2.intervalNs' });
    expect(error.message).toBe('schedule.2.intervalNs: -1 is not an integer from 0 to 4294967295');
    expect(catchError(() => decode(schedule, new Uint8Array(20))).path).toBe('schedule');
  });

  it('refuses what is no object, or lacks a field', () => {
    const codec: Codec<unknown> = struct({ a: u8 });
    for (const wrong of [null, undefined, 1, 'a', []]) expect(() => encode(codec, wrong)).toThrow(CodecError);
    expect(() => encode(codec, {})).toThrow('field a is missing');
  });
});

describe('array, bytes, text', () => {
  it('has exactly its length', () => {
    expect(() => encode(array(u8, 2), [1])).toThrow('1 elements where 2 belong');
    expect(() => encode(bytes(2), Uint8Array.of(1))).toThrow('1 bytes where 2 belong');
    expect(() => decode(array(u32, 0xffff_ffff), new Uint8Array(8))).toThrow(
      'needs 17179869180 bytes, 8 are left',
    );
    expect(decode(array(u16), Uint8Array.of(1, 0, 2, 0))).toEqual([1, 2]);
    expect(() => decode(array(u16), new Uint8Array(3))).toThrow('1 bytes are left over');
  });

  it('copies bytes out of the input', () => {
    const input = Uint8Array.of(1, 2);
    const value = decode(bytes(2), input);
    input[0] = 9;
    expect(value).toEqual(Uint8Array.of(1, 2));
  });

  it('ends a text at the first NUL, or where the field ends', () => {
    expect(decode(text(4), Uint8Array.from([0x65, 0x30, 0, 0x31]))).toBe('e0');
    expect(decode(text(2), Uint8Array.from([0x65, 0x30]))).toBe('e0');
    expect(hex(encode(text(4), 'e0'))).toBe('65300000');
    expect(() => encode(text(2), 'eth')).toThrow('"eth" takes 3 bytes where 2 fit');
    expect(() => encode(text(8), 'a\0b')).toThrow('contains a NUL');
  });

  it('reads bytes that are no UTF-8 all the same', () => {
    expect(decode(text(2), Uint8Array.of(0xff, 0x41))).toBe('\ufffdA');
  });
});

describe('layout and bits', () => {
  it('puts fields where it is told', () => {
    const codec = layout(8, { b: { at: 6, codec: u16 }, a: { at: 1, codec: u8 } });
    expect(hex(encode(codec, { a: 1, b: 2 }))).toBe('0001000000000200');
    expect(() => layout(2, { a: { at: 1, codec: u16 } })).toThrow(
      'a: bytes 1 to 3 are outside of the 2 bytes',
    );
  });

  it('lets bit-fields share bytes', () => {
    const codec = layout(2, { low: { at: 0, codec: bits(0, 3) }, high: { at: 0, codec: bits(3, 10, true) } });
    expect(hex(encode(codec, { low: 5, high: -1 }))).toBe('fd1f');
    expect(() => encode(codec, { low: 8, high: 0 })).toThrow('low: 8 is not an integer from 0 to 7');
  });

  it('reads back every bit-field that it writes', () => {
    const field = fc.record({
      shift: fc.nat(7),
      width: fc.integer({ min: 1, max: 64 }),
      signed: fc.boolean(),
    });
    fc.assert(
      fc.property(
        field,
        fc.bigInt(0n, (1n << 64n) - 1n),
        fc.constantFrom('little', 'big'),
        (of, raw, endian) => {
          const { shift, width, signed } = of;
          const codec = bits(shift, width, signed);
          const big = signed ? BigInt.asIntN(width, raw) : BigInt.asUintN(width, raw);
          const value = width > 32 ? big : Number(big);
          expect(decode(codec, encode(codec, value, { endian }), { endian })).toBe(value);
        },
      ),
    );
  });
});

function catchError(action: () => unknown): CodecError {
  try {
    action();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
