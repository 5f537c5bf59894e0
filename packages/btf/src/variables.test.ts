import { decode, encode } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { testdata } from '../test/testdata.ts';
import { btfFromElf, elfSection, elfVariables, variables } from './index.ts';

const objects = ['types.bpfel.o', 'types.bpfeb.o'] as const;

describe('elfVariables', () => {
  // Offsets and sizes as in `llvm-readelf-16 -s types.o`; the static one as in `bpftool btf dump`
  it.each(objects)('takes the offsets in %s from the symbols', (name) => {
    const elf = testdata(name);
    const places = (section: string) => elfVariables(elf, section).map((it) => [it.name, it.offset, it.size]);
    expect(places('.rodata')).toEqual([
      ['tai_epoch_ns', 0, 8],
      ['horizon_ms', 8, 4],
      ['limits', 12, 16],
      ['hidden', 28, 2],
    ]);
    expect(places('.bss')).toEqual([
      ['seen', 0, 8],
      ['flags', 8, 3],
      ['tagged', 16, 8],
      ['callback', 24, 8],
      ['words', 32, 8],
    ]);
    expect(places('.data')).toEqual([['example', 0, 160]]);
  });

  it.each(objects)('reads the constants of %s, and writes one', (name) => {
    const elf = testdata(name);
    const { endian } = btfFromElf(elf);
    const rodata = elfSection(elf, '.rodata') as Uint8Array;
    const values = elfVariables(elf, '.rodata').map(({ name: key, offset, size, codec }) => [
      key,
      decode(codec, rodata.subarray(offset, offset + size), { endian }),
    ]);
    expect(Object.fromEntries(values)).toEqual({
      tai_epoch_ns: 0n,
      horizon_ms: 500,
      limits: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
      hidden: 0x1234,
    });
    const [epoch] = elfVariables(elf, '.rodata');
    expect(epoch && encode(epoch.codec, 1n)).toEqual(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  });

  it('says which section is not there', () => {
    expect(() => elfVariables(testdata('types.bpfel.o'), '.maps')).toThrow('BTF has no datasec called .maps');
  });
});

describe('variables', () => {
  it('believes the offsets in the BTF, which only a loaded object has right', () => {
    const btf = btfFromElf(testdata('types.bpfel.o'));
    expect(variables(btf, '.rodata').map(({ name, offset }) => [name, offset])).toEqual([
      ['tai_epoch_ns', 0],
      ['horizon_ms', 0],
      ['limits', 0],
      ['hidden', 28],
    ]);
  });
});
