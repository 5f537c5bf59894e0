import {
  bits,
  bool8,
  bytes,
  i8,
  i16,
  i32,
  i64,
  mapped,
  type SizedCodec,
  u8,
  u16,
  u32,
  u64,
} from '@tsnctl/codec';
import { badBtf } from './error.ts';
import { byCodec, getter, type Source } from './source.ts';
import type { BtfEnum, BtfType } from './type.ts';

/** The codec of a type that holds one value: int, bool, enum, float. */
export function scalar(type: BtfType): SizedCodec<unknown> {
  switch (type.kind) {
    case 'int':
      return type.bool && type.size === 1 ? bool8 : integer(type.size, type.signed);
    case 'enum':
    case 'enum64':
      return named(type, integer(type.size, type.signed), type.size > 4);
    case 'float':
      return floats[type.size] ?? bytes(type.size);
    default:
      return badBtf(`a value cannot be of kind ${type.kind}`);
  }
}

/** The expression that reads the same. */
export function scalarSource(type: BtfType): Source {
  const number =
    'size' in type
      ? getters[`${type.kind === 'float' ? 'f' : 'signed' in type && type.signed ? 'i' : 'u'}${type.size}`]
      : undefined;
  if (!number) return byCodec(scalar(type));
  if (type.kind === 'int' && type.bool && type.size === 1) return (at) => `v.getUint8(${at})!==0`;
  if (type.kind !== 'enum' && type.kind !== 'enum64') return number;
  return (at, scope) => `${scope.constant(namer(type))}(${number(at, scope)})`;
}

/** The name of a value as a DataView gives it, or the value. */
function namer(type: BtfEnum): (value: number | bigint) => unknown {
  const { nameByValue } = tablesOf(type);
  const names = new Map(
    [...nameByValue].map(([value, name]) => [type.size > 4 ? value : Number(value), name]),
  );
  return (value) => names.get(value) ?? value;
}

const getters: Readonly<Record<string, Source>> = {
  u1: getter('getUint8'),
  u2: getter('getUint16'),
  u4: getter('getUint32'),
  u8: getter('getBigUint64'),
  i1: getter('getInt8'),
  i2: getter('getInt16'),
  i4: getter('getInt32'),
  i8: getter('getBigInt64'),
  f4: getter('getFloat32'),
  f8: getter('getFloat64'),
};

/** The same, of `width` bits from bit `shift` on. */
export function bitField(type: BtfType, shift: number, width: number): SizedCodec<unknown> {
  if (width > 64) badBtf(`a bit-field of ${width} bits is not supported (64 are)`);
  switch (type.kind) {
    case 'int':
      return type.bool ? asBoolean(bits(shift, width)) : bits(shift, width, type.signed);
    case 'enum':
    case 'enum64':
      return named(type, bits(shift, width, type.signed), width > 32);
    default:
      return badBtf(`a bit-field cannot be of kind ${type.kind}`);
  }
}

const unsigned: Readonly<Record<number, SizedCodec<number | bigint>>> = { 1: u8, 2: u16, 4: u32, 8: u64 };
const signed: Readonly<Record<number, SizedCodec<number | bigint>>> = { 1: i8, 2: i16, 4: i32, 8: i64 };

function integer(size: number, isSigned: boolean): SizedCodec<unknown> {
  if (size === 16) return bytes(16);
  return (isSigned ? signed : unsigned)[size] ?? badBtf(`an integer of ${size} bytes is not supported`);
}

function asBoolean(codec: SizedCodec<number | bigint>): SizedCodec<unknown> {
  return mapped(
    codec,
    (value) => Number(value) !== 0,
    (value, fail) => (typeof value === 'boolean' ? Number(value) : fail('not a boolean')),
  );
}

function named(type: BtfEnum, codec: SizedCodec<unknown>, isBig: boolean): SizedCodec<unknown> {
  const { nameByValue, valueByName } = tablesOf(type);
  return mapped(
    codec as SizedCodec<number | bigint>,
    (value) => nameByValue.get(BigInt(value)) ?? value,
    (value: unknown, fail) => {
      if (typeof value !== 'string') return value as number | bigint;
      const known = valueByName.get(value) ?? fail(`enum ${type.name} has no ${value}`);
      return isBig ? known : Number(known);
    },
  );
}

/** Both ways between names and values: of two names with the same value, the first. Made once for each enum. */
function tablesOf(type: BtfEnum): EnumTables {
  const known = enumTables.get(type);
  if (known) return known;
  const tables = {
    nameByValue: new Map([...type.values].reverse().map(({ name, value }) => [value, name])),
    valueByName: new Map(type.values.map(({ name, value }) => [name, value])),
  };
  enumTables.set(type, tables);
  return tables;
}

interface EnumTables {
  readonly nameByValue: ReadonlyMap<bigint, string>;
  readonly valueByName: ReadonlyMap<string, bigint>;
}

const enumTables = new WeakMap<BtfEnum, EnumTables>();

const floats: Readonly<Record<number, SizedCodec<number>>> = {
  4: float(4, 'Float32'),
  8: float(8, 'Float64'),
};

function float(size: number, bits: 'Float32' | 'Float64'): SizedCodec<number> {
  return {
    size,
    align: size,
    read: (reader) => reader.view[`get${bits}`](reader.advance(size), reader.littleEndian),
    write: (writer, value) => {
      if (typeof value !== 'number') writer.fail('not a number');
      const at = writer.advance(size);
      writer.view[`set${bits}`](at, value, writer.littleEndian);
    },
  };
}
