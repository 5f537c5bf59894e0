import { ignored, rest } from './bytes.ts';
import type { Codec, Infer } from './codec.ts';
import type { Reader } from './reader.ts';
import { show } from './show.ts';
import { expectObject } from './struct.ts';
import type { Writer } from './writer.ts';

/** NLA_* in linux/netlink.h */
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
const NLA_HDRLEN = 4;
const NLA_ALIGNTO = 4;

/** An attribute that the table does not name: kept as it came, and written back. */
export interface UnknownAttr {
  readonly type: number;
  /** NLA_F_NESTED and NLA_F_NET_BYTEORDER, where set. */
  readonly flags?: number;
  readonly bytes: Uint8Array;
}

/** Name -> attribute type and payload. */
export type AttrTable = Readonly<Record<string, readonly [type: number, codec: Codec<unknown>]>>;

export type AttrValues<T extends AttrTable> = { [K in keyof T]?: Infer<T[K][1]> | undefined } & {
  unknown?: readonly UnknownAttr[] | undefined;
};

/**
 * Netlink attributes (type, length, value; linux/netlink.h), all optional: `attrs({ mtu: [4, u32] })`.
 * Reading keeps unknown attributes in `unknown`; of a repeated one the last counts, as in the kernel's nla_parse.
 * Writing follows the order of the value's keys, so that an encoder can equal a tool byte for byte.
 */
export function attrs<const T extends AttrTable>(table: T): Codec<AttrValues<T>> {
  const rows: (Row | undefined)[] = [];
  const byName = new Map<string, Row>();
  for (const [name, [type, codec]] of Object.entries(table)) {
    const element = elementOf(codec);
    const raw = type | (isNested(element ?? codec) ? NLA_F_NESTED : 0);
    const row = { name, codec, raw, element };
    rows[type] = row;
    byName.set(name, row);
  }
  return {
    size: undefined,
    align: NLA_ALIGNTO,
    read: (reader) => {
      const value: Record<string, unknown> = {};
      let unknown: UnknownAttr[] | undefined;
      while (reader.remaining > 0) {
        const raw = readHeader(reader);
        const type = raw & NLA_TYPE_MASK;
        const size = sizeOf(raw);
        const known = rows[type];
        if (known === undefined) {
          const flags = raw & 0xffff & ~NLA_TYPE_MASK;
          const bytes = reader.keep(size);
          unknown ??= [];
          unknown.push(flags === 0 ? { type, bytes } : { type, flags, bytes });
        } else if (known.codec === ignored) reader.advance(size);
        else if (known.element) readOneMore(reader, value, known.name, known.element, size);
        else value[known.name] = reader.field(known.name, known.codec, size);
        skipPadding(reader, size);
      }
      if (unknown !== undefined) value.unknown = unknown;
      return value as AttrValues<T>;
    },
    write: (writer, value) => {
      const source = expectObject(writer, value);
      for (const name of Object.keys(source)) {
        const row = byName.get(name);
        const field = source[name];
        if (row === undefined) {
          if (name !== 'unknown') writer.fail(`there is no attribute ${show(name)}`);
          writeUnknown(writer, field);
        } else if (field !== undefined) writeKnown(writer, row, field);
      }
    },
  };
}

interface Row {
  readonly name: string;
  readonly codec: Codec<unknown>;
  /** Type and flags, as they are written. */
  readonly raw: number;
  /** Of one that may come more than once. */
  readonly element: Codec<unknown> | undefined;
}

/** A nested attribute, marked NLA_F_NESTED when written. (Older ones are nested without the mark: use attrs itself.) */
export function nest<T>(codec: Codec<T>): Codec<T> {
  return { ...codec, nested: true } as NestedCodec<T>;
}

/**
 * An attribute that may come more than once in the same place, each with its own element: taprio's classes.
 * To be used in the table of attrs() alone.
 */
export function repeat<T>(element: Codec<T>): Codec<T[]> {
  return {
    size: undefined,
    align: NLA_ALIGNTO,
    read: (reader) => [element.read(reader)],
    write: (writer, values) => {
      for (const value of values) element.write(writer, value);
    },
    element,
  } as RepeatedCodec<T>;
}

/** An attribute without payload: there or not. `false` is not written. */
export const flag: Codec<boolean> = {
  size: 0,
  align: 1,
  read: () => true,
  write: (writer, value) => {
    if (value !== true) writer.fail(`${show(value)} is not a boolean`);
  },
};

/**
 * A nested list: each element an attribute of its own. Types count from 1 when written, or all are `type`
 * (taprio's schedule entries); when read their order counts and their types don't.
 */
export function list<T>(element: Codec<T>, type?: number): Codec<T[]> {
  return {
    size: undefined,
    align: NLA_ALIGNTO,
    read: (reader) => {
      const values: T[] = [];
      while (reader.remaining > 0) {
        const size = sizeOf(readHeader(reader));
        values.push(reader.field(values.length, element, size));
        skipPadding(reader, size);
      }
      return values;
    },
    write: (writer, values) => {
      if (!Array.isArray(values)) writer.fail(`${show(values)} is not an array`);
      const flags = isNested(element) ? NLA_F_NESTED : 0;
      for (let i = 0; i < values.length; i++)
        writeAttr(writer, i, (type ?? i + 1) | flags, element, values[i] as T);
    },
  };
}

interface RepeatedCodec<T> extends Codec<T[]> {
  readonly element: Codec<T>;
}

function elementOf(codec: Codec<unknown>): Codec<unknown> | undefined {
  return 'element' in codec ? (codec as RepeatedCodec<unknown>).element : undefined;
}

function readOneMore(
  reader: Reader,
  value: Record<string, unknown>,
  name: string,
  element: Codec<unknown>,
  size: number,
): void {
  const values = (value[name] ?? []) as unknown[];
  values.push(reader.field(`${name}.${values.length}`, element, size));
  value[name] = values;
}

interface NestedCodec<T> extends Codec<T> {
  readonly nested: true;
}

function isNested(codec: Codec<unknown>): boolean {
  return 'nested' in codec;
}

/** struct nlattr: type and flags in the low 16 bits, and the size of the payload above them. */
function readHeader(reader: Reader): number {
  const at = reader.advance(NLA_HDRLEN);
  const length = reader.view.getUint16(at, reader.littleEndian);
  const raw = reader.view.getUint16(at + 2, reader.littleEndian);
  if (length < NLA_HDRLEN) reader.fail(`attribute ${raw & NLA_TYPE_MASK} says it is ${length} bytes long`);
  return ((length - NLA_HDRLEN) << 16) | raw;
}

function sizeOf(header: number): number {
  return header >>> 16;
}

/** The last attribute may lack its padding. */
function skipPadding(reader: Reader, size: number): void {
  const padding = -size & (NLA_ALIGNTO - 1);
  if (padding > 0) reader.advance(Math.min(padding, reader.remaining));
}

function writeKnown(writer: Writer, { name, codec, raw, element }: Row, value: unknown): void {
  if (codec === flag && value === false) return;
  if (element === undefined) writeAttr(writer, name, raw, codec, value);
  else if (!Array.isArray(value)) writer.fail(`${name}: ${show(value)} is not an array`);
  else for (const [i, one] of value.entries()) writeAttr(writer, `${name}.${i}`, raw, element, one);
}

function writeUnknown(writer: Writer, list: unknown): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) writer.fail(`${show(list)} is not an array`);
  for (const [i, entry] of list.entries()) {
    const { type, flags = 0, bytes } = expectObject(writer, entry) as unknown as UnknownAttr;
    writeAttr(writer, `unknown.${i}`, type | flags, rest, bytes);
  }
}

/** One attribute as it stands on the wire: header, payload, padding. */
function writeAttr<T>(writer: Writer, key: string | number, raw: number, codec: Codec<T>, value: T): void {
  const start = writer.advance(NLA_HDRLEN);
  writer.field(key, codec, value);
  const size = writer.offset - start;
  if (size > 0xffff) writer.field(key, tooLong, size);
  writer.view.setUint16(start, size, writer.littleEndian);
  writer.view.setUint16(start + 2, raw, writer.littleEndian);
  writer.advance(-size & (NLA_ALIGNTO - 1));
}

const tooLong: Pick<Codec<number>, 'write'> = {
  write: (writer, size) => writer.fail(`${size} bytes do not fit into one attribute`),
};
