import { describe, expect, it } from 'vitest';
import { testdata } from '../test/testdata.ts';
import { btfExtFromElf, btfFromElf, elfSection, parseBtfExt } from './index.ts';

describe('btfExtFromElf', () => {
  // As `llvm-objdump-16 -d -l types.o` and `bpftool btf dump` show them
  it.each(['types.bpfel.o', 'types.bpfeb.o'] as const)('tells the functions and lines of %s', (name) => {
    const elf = testdata(name);
    const btf = btfFromElf(elf);
    const { functions, lines, relocations } = btfExtFromElf(elf);
    expect(functions).toEqual([{ section: 'tc', instruction: 0, type: btf.find('classify') }]);
    expect(lines[0]).toMatchObject({ section: 'tc', instruction: 0, line: 123 });
    expect(lines.map(({ text }) => text)).toContain(
      '\tseen += tai_epoch_ns + horizon_ms + limits[1].x + hidden;',
    );
    expect(new Set(lines.map(({ file }) => file))).toEqual(new Set(['./types.bpf.c']));
    expect(relocations).toEqual([]);
  });

  it('reads CO-RE relocations', () => {
    const elf = testdata('relocations.o');
    const btf = btfFromElf(elf);
    const { relocations } = btfExtFromElf(elf);
    expect(
      relocations.map(({ section, type, access, kind }) => ({ section, type: nameOf(type), access, kind })),
    ).toEqual([
      { section: 'tc', type: 'sk_buff', access: '0:1', kind: 'fieldExists' },
      { section: 'tc', type: 'sk_buff', access: '0', kind: 'typeSize' },
      { section: 'tc', type: 'sk_buff', access: '0:1', kind: 'fieldByteOffset' },
    ]);

    function nameOf(id: number): string {
      const type = btf.type(id);
      return 'name' in type ? type.name : type.kind;
    }
  });
});

describe('broken .BTF.ext', () => {
  const elf = testdata('types.bpfel.o');
  const btf = btfFromElf(elf);
  const good = elfSection(elf, '.BTF.ext') as Uint8Array;
  const with_ = (at: number, value: number) => Uint8Array.from(good, (byte, i) => (i === at ? value : byte));

  it.each([
    ['no magic', with_(0, 0), 'the magic 0xeb9f is missing'],
    ['a version to come', with_(2, 2), 'BTF.ext version 2 is not known'],
    ['a header of 8 bytes', with_(4, 8), 'a BTF.ext header of 8 bytes is too short'],
    ['its end cut off', good.subarray(0, -1), 'go past the end'],
    ['records of 3 bytes', with_(32, 3), 'functions of 3 bytes each, where 8 are known'],
    ['too many records', with_(43, 0x7f), 'go past the end'],
  ])('with %s is refused', (_what, bytes, message) => {
    expect(() => parseBtfExt(bytes, btf)).toThrow(message);
  });

  it('that is not there is named', () => {
    expect(() => btfExtFromElf(new Uint8Array(elf.subarray(0, 64)).fill(0, 40, 64))).toThrow(
      'the ELF object has no section .BTF.ext',
    );
  });
});
