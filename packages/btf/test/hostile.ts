import { deepEqual } from 'node:assert/strict';
import { decode, type Endian, encode, type SizedCodec, TsnctlError } from '@tsnctl/codec';
import { feed } from '../../codec/test/fuzz.ts';
import { type Btf, btfExtFromElf, codecFor, elfSection, elfVariables, readerFor } from '../src/index.ts';

/** Decode all types, and zeros as a value of each. */
export function useAllTypes(btf: Btf): void {
  for (let id = 1; id <= btf.count; id++) {
    feed('type', () => btf.type(id), nothing);
    feed('codecFor', () => decode(codecFor(btf, id), zeros, { partial: true }), nothing);
  }
}

/**
 * The code that is made for a type reads what its codec reads, whatever the type's names are. Four types of each
 * input: V8 keeps the code of the last functions, which with all types grows to 65 MB in 6000 inputs.
 */
export function useAllReaders(btf: Btf): void {
  const { endian } = btf;
  for (let id = 1; id <= btf.count; id += Math.max(1, btf.count >> 2)) {
    feed(
      'readerFor',
      () => expectSame(btf, id, new Uint8Array(codecFor(btf, id).size).fill(0xa5), endian),
      nothing,
    );
  }
}

function expectSame(btf: Btf, id: number, bytes: Uint8Array, endian: Endian): void {
  const value = readerFor(btf, id)(new DataView(bytes.buffer), 0);
  deepEqual(value, decode(codecFor(btf, id), bytes, { endian }));
}

/** All that an object says of its programs. */
export function useExt(elf: Uint8Array): void {
  btfExtFromElf(elf);
}

/** Decode the value that an object's section gives each of its variables. */
export function useVariables(elf: Uint8Array, section: string): void {
  const values = elfSection(elf, section) ?? nothing;
  for (const { codec, offset, size } of elfVariables(elf, section))
    feed('variable', () => decode(codec, values.subarray(offset, offset + size)), nothing);
}

/** `good` with another section of types, right behind a header that tells the new size. For little-endian machines. */
export function withTypes(good: Uint8Array, types: Uint8Array): Uint8Array {
  const whole = Uint8Array.from([...good.subarray(0, 24), ...types, ...good.subarray(24 + word(good, 12))]);
  const view = new DataView(whole.buffer);
  view.setUint32(12, types.length, true); // type_len
  view.setUint32(16, types.length, true); // str_off
  return whole;
}

/** The section of types of BTF as clang writes it. */
export function typesOf(good: Uint8Array): Uint8Array {
  return good.subarray(24, 24 + word(good, 12));
}

/** The codecs of all types that have values. */
export function valueCodecs(btf: Btf): SizedCodec<unknown>[] {
  return Array.from({ length: btf.count }, (_, at) => at + 1).flatMap((id) => {
    try {
      return [codecFor(btf, id)];
    } catch (error) {
      if (error instanceof TsnctlError) return [];
      throw error;
    }
  });
}

/** Inputs for `useValue`: zeros and ascending bytes for each codec. */
export function valueSeeds(codecs: readonly SizedCodec<unknown>[]): Uint8Array[] {
  return codecs.flatMap(({ size }, at) => [
    Uint8Array.of(at, ...new Uint8Array(size)),
    Uint8Array.of(at, ...new Uint8Array(size).map((_, i) => i)),
  ]);
}

/** The first byte chooses the codec, the others are the value. One that is written must read as the same again. */
export function useValue(codecs: readonly SizedCodec<unknown>[], input: Uint8Array, endian: Endian): void {
  const codec = codecs[(input[0] ?? 0) % codecs.length] as SizedCodec<unknown>;
  const value = decode(codec, input.subarray(1), { endian });
  deepEqual(decode(codec, encode(codec, value, { endian }), { endian }), value);
}

const nothing = new Uint8Array();
const zeros = new Uint8Array(64);

function word(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
