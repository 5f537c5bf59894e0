import { type Codec, decode, encode } from '@tsnctl/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testdata } from '../test/testdata.ts';
import { btfFromElf, codecFor, elfSection } from './index.ts';

const objects = ['types.bpfel.o', 'types.bpfeb.o'] as const;
const btf = btfFromElf(testdata('types.bpfel.o'));
const codec = (name: string, options = {}) => codecFor(btf, btf.find(name), options);

/** What testdata/types.bpf.c says in C. */
const example = {
  a: 1,
  b: 0x1122334455667788n,
  yes: true,
  name: 'tsnctl',
  color: 'BLUE',
  sign: 'MINUS',
  wide: 'HUGE',
  count: 7,
  next: 0n,
  self: 0n,
  points: [
    { x: -1, y: -2 },
    { x: 3, y: 4 },
  ],
  number: { point: { x: 5, y: 6 } },
  inner: 8,
  left: 0x00030004,
  low_bits: 5,
  signed_bits: -9,
  bit_color: 'GREEN',
  wide_bits: 0xfedcba9876n,
  ratio: 0.5,
  precise: -0.25,
  matrix: [
    [1, 2, 3],
    [4, 5, 6],
  ],
};

describe('codecFor', () => {
  it.each(objects)('reads and writes the bytes that clang made of the example in %s', (name) => {
    const elf = testdata(name);
    const own = btfFromElf(elf);
    const bytes = elfSection(elf, '.data') as Uint8Array;
    const { endian } = own;
    const everything = codecFor(own, own.find('example'), { text: true });
    const value = decode(everything, bytes, { endian }) as typeof example & { huge: Uint8Array };
    expect(value).toMatchObject(example);
    expect(encode(everything, { ...example, huge: value.huge }, { endian })).toEqual(bytes);
  });

  // _Static_assert(sizeof(...)) in testdata/types.bpf.c
  it.each([
    ['point', 8],
    ['number', 8],
    ['everything', 160],
    ['counter_t', 4],
    ['color', 4],
    ['wide', 8],
    ['limits', 16],
  ])('gives %s the size that clang gives it: %i', (name, size) => {
    expect(codec(name).size).toBe(size);
  });

  it('reads char arrays as numbers unless text is asked for, and never u8 arrays as text', () => {
    const bytes = new Uint8Array(160).fill(0x41, 17, 19);
    expect(decode(codec('everything'), bytes)).toMatchObject({ name: [0x41, 0x41, 0, 0, 0, 0, 0, 0] });
    expect(decode(codec('everything', { text: true }), bytes)).toMatchObject({
      name: 'AA',
      matrix: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    });
  });

  it('gives an enum its name, or the bare value where it has none', () => {
    expect(decode(codec('color'), Uint8Array.of(5, 0, 0, 0))).toBe('GREEN');
    expect(decode(codec('color'), Uint8Array.of(4, 0, 0, 0))).toBe(4);
    expect(encode(codec('color'), 4)).toEqual(Uint8Array.of(4, 0, 0, 0));
    expect(encode(codec('sign'), 'MINUS')).toEqual(new Uint8Array(4).fill(0xff));
    expect(() => encode(codec('color'), 'PINK')).toThrow('enum color has no PINK');
  });

  it('reads all members of a union and writes exactly one', () => {
    const number = codec('number');
    expect(decode(number, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0))).toEqual({
      whole: 0x200000001n,
      bytes: [1, 0, 0, 0, 2, 0, 0, 0],
      point: { x: 1, y: 2 },
    });
    expect(encode(number, { point: { x: 1, y: 2 } })).toEqual(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0));
    expect(() => encode(number, { whole: 1n, bytes: [] })).toThrow(
      'exactly one of its members (whole, bytes, point), not by 2',
    );
    expect(() => encode(number, {})).toThrow('not by 0');
  });

  it('takes the members of anonymous members for its own', () => {
    const { left: _, ...others } = { ...example, huge: new Uint8Array(16) };
    const bytes = encode(codec('everything', { text: true }), { ...others, low: 4, high: 3 });
    expect(decode(codec('everything'), bytes)).toMatchObject({ left: 0x00030004, low: 4, high: 3 });
    expect(() => encode(codec('everything', { text: true }), others)).toThrow('(left, low+high), not by 0');
  });

  it('names the field that does not fit', () => {
    const points = codec('limits');
    expect(() =>
      encode(points, [
        { x: 1, y: 2 },
        { x: 1, y: 1e9 },
      ]),
    ).toThrow('1.y: 1000000000 is not an integer');
    expect(() => encode(codec('point'), { x: 1 })).toThrow('field y is missing');
    expect(() => encode(codec('point'), 7)).toThrow('not an object');
  });

  it('writes zeros where C has padding', () => {
    expect(encode(codec('point'), { x: -1, y: -1 })).toEqual(
      Uint8Array.of(255, 255, 255, 255, 255, 255, 0, 0),
    );
  });

  it.each([
    ['void', 0, 'a value cannot be of kind void'],
    ['a function', btf.find('classify'), 'a value cannot be of kind func'],
    ['a struct that is only declared', btf.find('never_defined'), 'a value cannot be of kind fwd'],
  ])('has nothing for %s', (_what, id, message) => {
    expect(() => codecFor(btf, id)).toThrow(message);
  });

  it('reads back every point that it writes', () => {
    const points = codec('limits') as Codec<{ x: number; y: number }[]>;
    const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
    const point = fc.record({ x: int(32), y: int(16) });
    fc.assert(
      fc.property(point, point, (a, b) => {
        expect(decode(points, encode(points, [a, b]))).toEqual([a, b]);
      }),
    );
  });
});
