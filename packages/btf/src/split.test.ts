import { decode } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { btfOf, int, struct, typedef, unheardOf } from '../test/by-hand.ts';
import { testdata } from '../test/testdata.ts';
import { btfFromElf, codecFor, parseBtf } from './index.ts';

// struct pair { int a; int b; } in the base; struct holder { struct pair pair; int own; } in the module
const base = () =>
  parseBtf(
    btfOf(
      [
        int(4, 1),
        struct(
          8,
          [
            [5, 1, 0],
            [7, 1, 32],
          ],
          9,
        ),
      ],
      { strings: '\0int\0a\0b\0pair\0' },
    ),
  );
const MODULE = btfOf(
  [
    struct(
      12,
      [
        [9, 2, 0],
        [21, 1, 64],
      ],
      14,
    ),
    typedef(3, 9),
  ],
  { strings: 'holder\0own\0' },
);

describe('split BTF', () => {
  it('goes on with ids and names where its base ends', () => {
    const btf = parseBtf(MODULE, { base: base() });
    expect(btf.count).toBe(4);
    expect(btf.type(1)).toMatchObject({ kind: 'int', name: 'int' });
    expect(btf.type(3)).toMatchObject({
      kind: 'struct',
      name: 'holder',
      members: [
        { name: 'pair', type: 2 },
        { name: 'own', type: 1 },
      ],
    });
    expect(
      decode(codecFor(btf, btf.find('holder')), Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0)),
    ).toEqual({
      pair: { a: 1, b: 2 },
      own: 3,
    });
  });

  it("finds its own type of a name first, then the base's", () => {
    const btf = parseBtf(MODULE, { base: base() });
    expect(btf.find('pair')).toBe(4);
    expect(btf.find('pair', 'struct')).toBe(2);
    expect(btf.find('int')).toBe(1);
    expect(() => btf.find('nobody')).toThrow('BTF has no type called nobody');
  });

  it('without its base says what is missing', () => {
    const btf = parseBtf(MODULE);
    expect(() => btf.type(1)).toThrow(
      "a name at 14 is outside of the 11 bytes of strings; a module's BTF needs that of its kernel as base",
    );
  });

  it('is not of another byte order than its base', () => {
    const big = btfFromElf(testdata('types.bpfeb.o'));
    expect(() => parseBtf(MODULE, { base: big })).toThrow('the base is of the other byte order, big endian');
  });
});

describe('kinds of kernels to come', () => {
  const layout = [...new Array<[number, number]>(20).fill([0, 0]), [8, 0]] as const;

  it('are passed over where the BTF says how long they are', () => {
    const btf = parseBtf(btfOf([unheardOf(20, 2), int(4, 1)], { strings: '\0int\0', layout }));
    expect(btf.type(1)).toEqual({ kind: 'unknown', name: '', number: 20 });
    expect(btf.find('int')).toBe(2);
    expect(() => codecFor(btf, 1)).toThrow('a value cannot be of kind unknown');
  });

  it('are refused where it does not', () => {
    expect(() => parseBtf(btfOf([unheardOf(20, 2)]))).toThrow('type 1 is of kind 20, which is not known');
    expect(() => parseBtf(btfOf([unheardOf(21, 2)], { layout }))).toThrow('kind 21, which is not known');
  });
});
