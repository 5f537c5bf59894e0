import { decode } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { feed, hostileInputs, storedInputs } from '../../codec/test/fuzz.ts';
import { testdata } from '../test/testdata.ts';
import { type Btf, btfFromElf, codecFor, elfVariables, parseBtf } from './index.ts';

const decoders = {
  parseBtf: (input: Uint8Array) => useAll(parseBtf(input)),
  btfFromElf: (input: Uint8Array) => useAll(btfFromElf(input)),
  elfVariables: (input: Uint8Array) =>
    ['.rodata', '.bss', '.data'].map((section) => elfVariables(input, section)),
};

describe('hostile BTF', () => {
  it.each([
    ['parseBtf', [testdata('types.btf')], 1500],
    ['btfFromElf', [testdata('types.bpfel.o'), testdata('types.bpfeb.o')], 500],
    ['elfVariables', [testdata('types.bpfel.o'), testdata('types.bpfeb.o')], 2500],
  ] as const)('ends %s in a value or in a TsnctlError', (name, goldens, count) => {
    const seen = { value: 0, refused: 0 };
    for (const input of hostileInputs(goldens, count, 3)) seen[feed(name, decoders[name], input)]++;
    expect(Math.min(seen.value, seen.refused)).toBeGreaterThan(20);
  });

  it('with a broken type section only gets as far as its types', () => {
    const good = testdata('types.btf');
    const header = good.subarray(0, 24);
    const strings = good.subarray(24 + word(good, 12));
    const types = good.subarray(24, 24 + word(good, 12));
    const seen = { value: 0, refused: 0 };
    for (const input of hostileInputs([types], 4000, 4)) {
      const whole = Uint8Array.from([...header, ...input, ...strings]);
      new DataView(whole.buffer).setUint32(12, input.length, true);
      new DataView(whole.buffer).setUint32(16, input.length, true);
      seen[feed('parseBtf', decoders.parseBtf, whole)]++;
    }
    expect(Math.min(seen.value, seen.refused)).toBeGreaterThan(500);
  });

  it('that once were too much no longer are', () => {
    const stored = storedInputs(new URL('../testdata/crashers/', import.meta.url));
    expect(stored.length).toBeGreaterThan(0);
    for (const { name, bytes } of stored) {
      for (const decoder of Object.values(decoders)) feed(name, decoder, bytes);
    }
  });
});

describe('BTF made to take for ever', () => {
  it('typedefs that go round in a circle', () => {
    const btf = parseBtf(btfOf([typedef(2), typedef(3), typedef(1)]));
    expect(() => codecFor(btf, 1)).toThrow('type 1 is 64 names away from what it is, or defined by itself');
  });

  it('an array of itself, and a struct of itself', () => {
    expect(() => codecFor(parseBtf(btfOf([array(1, 1)])), 1)).toThrow('contains itself');
    expect(() => codecFor(parseBtf(btfOf([struct(4, [1])])), 1)).toThrow('contains itself');
  });

  it('sizes that nobody has', () => {
    const u32 = int(4);
    expect(() => codecFor(parseBtf(btfOf([u32, array(1, 0xffff_ffff)])), 2)).toThrow('has 17179869180 bytes');
    expect(() => codecFor(parseBtf(btfOf([struct(0xffff_ffff, [])])), 1)).toThrow('has 4294967295 bytes');
    expect(() => codecFor(parseBtf(btfOf([struct(0, []), array(1, 0xffff_ffff)])), 2)).toThrow('fields');
    expect(() => codecFor(parseBtf(btfOf([struct(4, []), struct(2, [1])])), 2)).toThrow(
      'goes past the 2 bytes',
    );
  });

  it('many members of many members of nothing', () => {
    const levels = Array.from({ length: 20 }, (_, i) =>
      struct(0, new Array<number>(2000).fill(Math.max(i, 1))),
    );
    levels[0] = struct(0, []);
    expect(() => codecFor(parseBtf(btfOf(levels)), 20)).toThrow('fields; up to 8388608 are supported');
  });
});

/** Decode all types, and zeros as a value of each. */
function useAll(btf: Btf): void {
  for (let id = 1; id <= btf.count; id++) {
    feed('type', () => btf.type(id), new Uint8Array());
    feed(
      'codecFor',
      () => decode(codecFor(btf, id), new Uint8Array(64), { partial: true }),
      new Uint8Array(),
    );
  }
}

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

// BTF by hand: lists of 32-bit words, as in linux/btf.h

function btfOf(types: readonly number[][]): Uint8Array {
  const words = types.flat();
  const header = [0x0001_eb9f, 24, 0, words.length * 4, words.length * 4, 1];
  return Uint8Array.from([...new Uint8Array(Uint32Array.from([...header, ...words]).buffer), 0]);
}

const head = (kind: number, count: number, sizeOrType: number) => [0, (kind << 24) | count, sizeOrType];
const int = (size: number) => [...head(1, 0, size), size * 8];
const array = (type: number, length: number) => [...head(3, 0, 0), type, 1, length];
const struct = (size: number, members: number[]) => [
  ...head(4, members.length, size),
  ...members.flatMap((type) => [0, type, 0]),
];
const typedef = (type: number) => head(8, 0, type);
