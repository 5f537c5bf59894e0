import { array, decode, type Endian, i32, type Reader, struct, u8, u16, u32 } from '@tsnctl/codec';
import { badBtf } from './error.ts';
import type { BtfKind, BtfType } from './type.ts';

/** The twelve bytes that begin each type, `struct btf_type`, taken apart. */
export interface TypeHead {
  readonly name: string;
  readonly count: number;
  readonly kindFlag: boolean;
  readonly sizeOrType: number;
}

/** Bytes after the head: so many, and so many for each of its `count` entries. */
export interface KindLayout {
  readonly fixed: number;
  readonly each: number;
}

interface KindRow extends KindLayout {
  readonly kind: BtfKind;
  decode(head: TypeHead, reader: Reader, text: (offset: number) => string): BtfType;
}

/** BTF_KIND_* in linux/btf.h, in their order. */
export const kinds: readonly (KindRow | undefined)[] = [
  undefined, // void has no entry
  row('int', 4, 0, ({ name, sizeOrType }, reader) => {
    const word = u32.read(reader); // BTF_INT_ENCODING, _OFFSET, _BITS
    return {
      kind: 'int',
      name,
      size: sizeOrType,
      bits: word & 0xff,
      offset: (word >> 16) & 0xff,
      signed: (word & (1 << 24)) !== 0,
      bool: (word & (1 << 26)) !== 0,
    };
  }),
  row('ptr', 0, 0, ({ sizeOrType }) => ({ kind: 'ptr', type: sizeOrType })),
  row('array', 12, 0, (_head, reader) => ({ kind: 'array', ...arrayInfo.read(reader) })),
  composite('struct'),
  composite('union'),
  row('enum', 0, 8, (head, reader, text) => ({
    kind: 'enum',
    name: head.name,
    size: head.sizeOrType,
    signed: head.kindFlag,
    values: array(enumValue, head.count)
      .read(reader)
      .map(({ name, value }) => ({ name: text(name), value: BigInt(head.kindFlag ? value : value >>> 0) })),
  })),
  row('fwd', 0, 0, ({ name, kindFlag }) => ({ kind: 'fwd', name, of: kindFlag ? 'union' : 'struct' })),
  modifier('typedef'),
  modifier('volatile'),
  modifier('const'),
  modifier('restrict'),
  row('func', 0, 0, ({ name, sizeOrType, count }) => ({
    kind: 'func',
    name,
    type: sizeOrType,
    linkage: count,
  })),
  row('funcProto', 0, 8, ({ sizeOrType, count }, reader, text) => ({
    kind: 'funcProto',
    type: sizeOrType,
    params: array(param, count)
      .read(reader)
      .map(({ name, type }) => ({ name: text(name), type })),
  })),
  row('var', 4, 0, ({ name, sizeOrType }, reader) => ({
    kind: 'var',
    name,
    type: sizeOrType,
    linkage: u32.read(reader),
  })),
  row('datasec', 0, 12, ({ name, sizeOrType, count }, reader) => ({
    kind: 'datasec',
    name,
    size: sizeOrType,
    variables: array(sectionVariable, count).read(reader),
  })),
  row('float', 0, 0, ({ name, sizeOrType }) => ({ kind: 'float', name, size: sizeOrType })),
  row('declTag', 4, 0, ({ name, sizeOrType, kindFlag }, reader) => ({
    kind: 'declTag',
    name,
    type: sizeOrType,
    attribute: kindFlag,
    component: i32.read(reader),
  })),
  modifier('typeTag'),
  row('enum64', 0, 12, (head, reader, text) => ({
    kind: 'enum64',
    name: head.name,
    size: head.sizeOrType,
    signed: head.kindFlag,
    values: array(enum64Value, head.count)
      .read(reader)
      .map(({ name, low, high }) => {
        const raw = (BigInt(high) << 32n) | BigInt(low);
        return { name: text(name), value: head.kindFlag ? BigInt.asIntN(64, raw) : raw };
      }),
  })),
];

/** What BTF says of its own kinds, `struct btf_layout` each: those that are not known here are passed over by it. */
export function kindLayouts(raw: Uint8Array, endian: Endian): KindLayout[] {
  if (raw.length % kindLayout.size !== 0)
    badBtf(`the layout of kinds has ${raw.length} bytes, not 4 for each`);
  return decode(array(kindLayout), raw, { endian }).map(({ fixed, each }) => ({ fixed, each }));
}

const kindLayout = struct({ fixed: u8, each: u8, flags: u16 });

function row(kind: BtfKind, fixed: number, each: number, decode: KindRow['decode']): KindRow {
  return { kind, fixed, each, decode };
}

function modifier(kind: 'typedef' | 'volatile' | 'const' | 'restrict' | 'typeTag'): KindRow {
  return row(kind, 0, 0, ({ name, sizeOrType }) => ({ kind, name, type: sizeOrType }));
}

function composite(kind: 'struct' | 'union'): KindRow {
  return row(kind, 0, 12, (head, reader, text) => ({
    kind,
    name: head.name,
    size: head.sizeOrType,
    members: array(member, head.count)
      .read(reader)
      .map(({ name, type, offset }) => ({
        name: text(name),
        type,
        // BTF_MEMBER_BIT_OFFSET and BTF_MEMBER_BITFIELD_SIZE
        bitOffset: head.kindFlag ? offset & 0xff_ffff : offset,
        bitSize: head.kindFlag ? offset >>> 24 : 0,
      })),
  }));
}

const arrayInfo = struct({ type: u32, index: u32, length: u32 });
const member = struct({ name: u32, type: u32, offset: u32 });
const enumValue = struct({ name: u32, value: i32 });
const enum64Value = struct({ name: u32, low: u32, high: u32 });
const param = struct({ name: u32, type: u32 });
const sectionVariable = struct({ type: u32, offset: u32, size: u32 });
