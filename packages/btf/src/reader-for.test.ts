import { decode, encode } from '@tsnctl/codec';
import { describe, expect, it, vi } from 'vitest';
import { btfOf, int, struct } from '../test/by-hand.ts';
import { testdata } from '../test/testdata.ts';
import { btfFromElf, codecFor, elfSection, parseBtf, readerFor } from './index.ts';

describe('readerFor', () => {
  it.each(['types.bpfel.o', 'types.bpfeb.o'] as const)('reads what the codec reads, in %s', (name) => {
    const elf = testdata(name);
    const btf = btfFromElf(elf);
    const bytes = elfSection(elf, '.data') as Uint8Array;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const options of [{}, { text: true }]) {
      const wanted = decode(codecFor(btf, btf.find('example'), options), bytes, { endian: btf.endian });
      expect(readerFor(btf, btf.find('example'), options)(view, 0)).toEqual(wanted);
    }
  });

  it('shares no memory with what it reads', () => {
    const btf = btfFromElf(testdata('types.bpfel.o'));
    const bytes = new Uint8Array(160).fill(1);
    const value = readerFor(btf, btf.find('everything'))(new DataView(bytes.buffer), 0) as {
      huge: Uint8Array;
    };
    bytes.fill(2);
    expect(value.huge).toEqual(new Uint8Array(16).fill(1));
  });

  it('takes a bit-field without a name for padding, as the codec does', () => {
    const ANONYMOUS_BITS = 0x0500_0000; // 5 bits from bit 0
    const types = [
      int(4),
      [0, ((4 << 24) | 2 | (1 << 31)) >>> 0, 4, 0, 1, ANONYMOUS_BITS, 1, 1, 0x0800_0008],
    ];
    const btf = parseBtf(btfOf(types, { strings: '\0named\0' }));
    const bytes = Uint8Array.of(0xff, 0x2a, 0, 0);
    expect(decode(codecFor(btf, 2), bytes)).toEqual({ named: 0x2a });
    expect(readerFor(btf, 2)(new DataView(bytes.buffer), 0)).toEqual({ named: 0x2a });
    expect(encode(codecFor(btf, 2), { named: 0x2a })).toEqual(Uint8Array.of(0, 0x2a, 0, 0));
  });

  it('refuses a view that is too short', () => {
    const btf = btfFromElf(testdata('types.bpfel.o'));
    const read = readerFor(btf, btf.find('point'));
    expect(() => read(new DataView(new ArrayBuffer(8)), 1)).toThrow(
      expect.objectContaining({ code: 'CODEC', message: 'needs 8 bytes at 1, the view has 8' }),
    );
    expect(() => read(new DataView(new ArrayBuffer(8)), Number.NaN)).toThrow('the view has 8');
  });

  it('takes names for names, whatever they are', () => {
    const names = ['__proto__', '"]:boom(),["', '$'.concat('{boom()}'), '\u2028'];
    const strings = `\0${names.join('\0')}\0`;
    const at = (name: string) => new TextEncoder().encode(strings.slice(0, strings.indexOf(name))).length;
    const members = names.map((name, i) => [at(name), 1, i * 32]);
    const btf = parseBtf(btfOf([int(4), struct(16, members)], { strings }));
    const view = new DataView(Uint32Array.of(1, 2, 3, 4).buffer);
    const value = readerFor(btf, 2)(view, 0) as object;
    expect(Object.entries(value)).toEqual(names.map((name, i) => [name, i + 1]));
    expect(Object.entries(decode(codecFor(btf, 2), new Uint8Array(view.buffer)) as object)).toEqual(
      Object.entries(value),
    );
  });

  it('reads by the codec where no code may be made', () => {
    const btf = btfFromElf(testdata('types.bpfel.o'));
    vi.stubGlobal('Function', function refuse() {
      throw new EvalError('Code generation from strings disallowed for this context');
    });
    try {
      const read = readerFor(btf, btf.find('point'));
      expect(read(new DataView(Uint8Array.of(9, 1, 0, 0, 0, 2, 0, 0, 0).buffer), 1)).toEqual({ x: 1, y: 2 });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
