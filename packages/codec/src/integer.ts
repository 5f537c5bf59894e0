import type { Codec } from './codec.ts';
import { show } from './show.ts';
import type { Writer } from './writer.ts';

/** A codec whose size is known, as all but open-ended ones are. */
export interface SizedCodec<T> extends Codec<T> {
  readonly size: number;
}

type NumberBits = 'Uint8' | 'Uint16' | 'Uint32' | 'Int8' | 'Int16' | 'Int32';
type BigBits = 'BigUint64' | 'BigInt64';

/** Unsigned and signed integers up to 32 bits are numbers. */
export const u8 = small('Uint8', 1, 0, 0xff);
export const u16 = small('Uint16', 2, 0, 0xffff);
export const u32 = small('Uint32', 4, 0, 0xffff_ffff);
export const i8 = small('Int8', 1, -0x80, 0x7f);
export const i16 = small('Int16', 2, -0x8000, 0x7fff);
export const i32 = small('Int32', 4, -0x8000_0000, 0x7fff_ffff);

/** 64 bits are a bigint, never a number. */
export const u64 = large('BigUint64', 0n, (1n << 64n) - 1n);
export const i64 = large('BigInt64', -(1n << 63n), (1n << 63n) - 1n);

/** Network byte order, whatever the rest of the layout has. */
export const be16 = small('Uint16', 2, 0, 0xffff, false);
export const be32 = small('Uint32', 4, 0, 0xffff_ffff, false);
export const be64 = large('BigUint64', 0n, (1n << 64n) - 1n, false);

/** C's `bool`: one byte, zero is false, anything else is true; true is written as 1. */
export const bool8: SizedCodec<boolean> = {
  size: 1,
  align: 1,
  read: (reader) => u8.read(reader) !== 0,
  write: (writer, value) => {
    if (typeof value !== 'boolean') writer.fail(`${show(value)} is not a boolean`);
    u8.write(writer, value ? 1 : 0);
  },
};

function small(bits: NumberBits, size: number, min: number, max: number, little?: false): SizedCodec<number> {
  const get = `get${bits}` as const;
  const set = `set${bits}` as const;
  return {
    size,
    align: size,
    read: (reader) => reader.view[get](reader.advance(size), little ?? reader.littleEndian),
    write: (writer, value) => {
      if (!Number.isInteger(value) || value < min || value > max) refuse(writer, value, min, max);
      const at = writer.advance(size);
      writer.view[set](at, value, little ?? writer.littleEndian);
    },
  };
}

function large(bits: BigBits, min: bigint, max: bigint, little?: false): SizedCodec<bigint> {
  const get = `get${bits}` as const;
  const set = `set${bits}` as const;
  return {
    size: 8,
    align: 8,
    read: (reader) => reader.view[get](reader.advance(8), little ?? reader.littleEndian),
    write: (writer, value) => {
      if (typeof value !== 'bigint' || value < min || value > max) refuse(writer, value, min, max);
      const at = writer.advance(8);
      writer.view[set](at, value, little ?? writer.littleEndian);
    },
  };
}

function refuse(writer: Writer, value: unknown, min: number | bigint, max: number | bigint): never {
  const kind = typeof min === 'bigint' ? 'a bigint' : 'an integer';
  writer.fail(`${show(value)} is not ${kind} from ${min} to ${max}`);
}
