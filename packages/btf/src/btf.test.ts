import { describe, expect, it } from 'vitest';
import { testdata } from '../test/testdata.ts';
import { type Btf, btfFromElf, elfSection, parseBtf } from './index.ts';

const objects = ['types.bpfel.o', 'types.bpfeb.o'] as const;

describe('parseBtf', () => {
  it('reads a bare .BTF section as it reads one in its object', () => {
    expect(allTypes(parseBtf(testdata('types.btf')))).toEqual(
      allTypes(btfFromElf(testdata('types.bpfel.o'))),
    );
  });

  it('reads the same types in both byte orders', () => {
    const [little, big] = objects.map((name) => btfFromElf(testdata(name)));
    expect([little?.endian, big?.endian]).toEqual(['little', 'big']);
    expect(big && allTypes(big)).toEqual(little && allTypes(little));
  });

  // The numbers are those of `bpftool btf dump file types.o | cut -d' ' -f2 | sort | uniq -c`
  it('finds every kind as often as bpftool does', () => {
    const counts: Record<string, number> = {};
    for (const { kind } of allTypes(parseBtf(testdata('types.btf')))) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual({
      array: 7,
      const: 6,
      datasec: 3,
      declTag: 1,
      enum: 2,
      enum64: 1,
      float: 2,
      func: 1,
      funcProto: 2,
      fwd: 1,
      int: 10,
      ptr: 7,
      restrict: 1,
      struct: 4,
      typedef: 6,
      typeTag: 1,
      union: 2,
      var: 10,
      volatile: 6,
    });
  });

  it('tells of each kind what there is to tell', () => {
    const btf = parseBtf(testdata('types.btf'));
    const type = (name: string) => btf.type(btf.find(name));
    expect(btf.type(0)).toEqual({ kind: 'void' });
    expect(type('point')).toMatchObject({
      kind: 'struct',
      size: 8,
      members: [
        { name: 'x', bitOffset: 0, bitSize: 0 },
        { name: 'y', bitOffset: 32, bitSize: 0 },
      ],
    });
    expect(type('short')).toEqual({
      kind: 'int',
      name: 'short',
      size: 2,
      bits: 16,
      offset: 0,
      signed: true,
      bool: false,
    });
    expect(type('color')).toMatchObject({ kind: 'enum', size: 4, signed: false });
    expect(type('sign')).toMatchObject({
      signed: true,
      values: [
        { name: 'MINUS', value: -1n },
        { name: 'PLUS', value: 1n },
      ],
    });
    expect(type('wide')).toMatchObject({
      kind: 'enum64',
      size: 8,
      values: [{ value: 1n }, { value: 0x100000000n }],
    });
    expect(type('never_defined')).toEqual({ kind: 'fwd', name: 'never_defined', of: 'struct' });
    expect(type('tagged')).toMatchObject({ kind: 'declTag', component: -1 });
    expect(type('user')).toMatchObject({ kind: 'typeTag' });
    expect(type('classify')).toMatchObject({ kind: 'func', linkage: 1 });
    expect(type('seen')).toMatchObject({ kind: 'var', linkage: 1 });
    expect(type('hidden')).toMatchObject({ kind: 'var', linkage: 0 });
    expect(type('double')).toEqual({ kind: 'float', name: 'double', size: 8 });
  });

  it('finds by name and kind, and says so when there is none', () => {
    const btf = parseBtf(testdata('types.btf'));
    expect(btf.type(btf.find('tagged', 'var'))).toMatchObject({ kind: 'var' });
    expect(() => btf.find('point', 'union')).toThrow('BTF has no union called point');
    expect(catchCode(() => btf.find('poin'))).toBe('BTF_NOT_FOUND');
  });
});

describe('broken BTF', () => {
  const good = testdata('types.btf');

  it.each([
    ['nothing', new Uint8Array(0), 'needs 2 bytes, 0 are left'],
    ['no magic', Uint8Array.from(good, (byte, i) => (i === 0 ? 0 : byte)), 'this is not BTF'],
    [
      'a version to come',
      Uint8Array.from(good, (byte, i) => (i === 2 ? 2 : byte)),
      'BTF version 2 is not known',
    ],
    [
      'a header of 8 bytes',
      Uint8Array.from(good, (byte, i) => (i === 4 ? 8 : byte)),
      'a BTF header of 8 bytes',
    ],
    ['its end cut off', good.subarray(0, -1), 'go past the end'],
    ['no header', good.subarray(0, 10), 'needs 4 bytes'],
  ])('with %s is refused', (_what, bytes, message) => {
    expect(() => parseBtf(bytes)).toThrow(message);
  });

  it('of an unknown kind is refused when parsed, not when asked for', () => {
    const bytes = Uint8Array.from(good);
    bytes[24 + 7] = 31;
    expect(() => parseBtf(bytes)).toThrow('type 1 is of kind 31, which is not known');
  });

  it('has no types beyond its last', () => {
    const btf = parseBtf(good);
    for (const id of [btf.count + 1, -1, 1.5, Number.NaN]) expect(catchCode(() => btf.type(id))).toBe('BTF');
  });
});

describe('elfSection', () => {
  it.each(objects)('finds sections of %s', (name) => {
    const elf = testdata(name);
    expect(elfSection(elf, '.data')).toHaveLength(160);
    expect(elfSection(elf, '.bss')).toHaveLength(0);
    expect(elfSection(elf, '.nothing')).toBeUndefined();
  });

  it('refuses what is no ELF, and names what lacks', () => {
    expect(() => elfSection(new Uint8Array(64), '.BTF')).toThrow('this is not an ELF file');
    expect(() => elfSection(testdata('types.bpfel.o').subarray(0, 900), '.BTF')).toThrow(
      'go past the end (900)',
    );
  });
});

function allTypes(btf: Btf) {
  return Array.from({ length: btf.count }, (_, i) => btf.type(i + 1));
}

function catchCode(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}
