import { bytes, decode, type Endian, Reader, struct, TsnctlError, u8, u16, u32 } from '@tsnctl/codec';
import { badBtf } from './error.ts';
import { kinds } from './kinds.ts';
import type { BtfKind, BtfType } from './type.ts';

/** The types of one program, map or kernel. Only an offset table is built; a type is decoded when asked for. */
export interface Btf {
  readonly endian: Endian;
  /** Ids go from 1 to `count`; 0 is void. */
  readonly count: number;
  /** @throws TsnctlError BTF where there is no such id, or it is broken; CodecError where it is cut short */
  type(id: number): BtfType;
  /** The first type of this name (and kind). @throws TsnctlError BTF_NOT_FOUND */
  find(name: string, kind?: BtfKind): number;
}

/**
 * Parse raw BTF: a `.BTF` section or /sys/kernel/btf/vmlinux, of either byte order. Not yet: split BTF (modules).
 * Source: Documentation/bpf/btf.rst. @throws TsnctlError BTF or CodecError, whatever the bytes are
 */
export function parseBtf(raw: Uint8Array): Btf {
  const endian = byteOrder(raw);
  const header = decode(btfHeader, raw, { endian, partial: true });
  if (header.version !== 1) badBtf(`BTF version ${header.version} is not known (1 is)`);
  if (header.headerSize < btfHeader.size) badBtf(`a BTF header of ${header.headerSize} bytes is too short`);
  const part = (name: string, offset: number, size: number) => {
    const start = header.headerSize + offset;
    if (start + size > raw.length)
      badBtf(`the ${name} (${size} bytes at ${start}) go past the end (${raw.length})`);
    return raw.subarray(start, start + size);
  };
  const types = part('types', header.typesOffset, header.typesSize);
  const strings = part('strings', header.stringsOffset, header.stringsSize);
  if (strings.length > 0 && strings[strings.length - 1] !== 0) badBtf('the strings do not end with a NUL');
  return new ParsedBtf(types, strings, endian);
}

// struct btf_header
const btfHeader = struct({
  magic: u16,
  version: u8,
  flags: u8,
  headerSize: u32,
  typesOffset: u32,
  typesSize: u32,
  stringsOffset: u32,
  stringsSize: u32,
});

const BTF_MAGIC = 0xeb9f;

function byteOrder(raw: Uint8Array): Endian {
  const magic = decode(bytes(2), raw, { partial: true });
  for (const endian of ['little', 'big'] as const) {
    if (decode(u16, magic, { endian }) === BTF_MAGIC) return endian;
  }
  return badBtf('this is not BTF: the magic 0xeb9f is missing');
}

class ParsedBtf implements Btf {
  readonly endian: Endian;
  readonly count: number;
  readonly #types: Uint8Array;
  readonly #strings: Uint8Array;
  readonly #view: DataView;
  readonly #offsets: Uint32Array;

  constructor(types: Uint8Array, strings: Uint8Array, endian: Endian) {
    this.endian = endian;
    this.#types = types;
    this.#strings = strings;
    this.#view = new DataView(types.buffer, types.byteOffset, types.byteLength);
    this.#offsets = offsetTable(this.#view, endian);
    this.count = this.#offsets.length - 1;
  }

  type(id: number): BtfType {
    if (id === 0) return { kind: 'void' };
    const offset = this.#offsets[id];
    if (offset === undefined) badBtf(`there is no type ${id}: the ids end at ${this.count}`);
    const info = this.#word(offset + 4);
    const head = {
      name: this.#text(this.#word(offset)),
      count: vlenOf(info),
      kindFlag: info >>> 31 === 1,
      sizeOrType: this.#word(offset + 8),
    };
    const reader = new Reader(this.#types.subarray(offset + HEAD_SIZE), this.endian);
    const row = kinds[kindOf(info)];
    return row ? row.decode(head, reader, (at) => this.#text(at)) : badBtf(`type ${id} is of no known kind`);
  }

  find(name: string, kind?: BtfKind): number {
    const wanted = new TextEncoder().encode(`${name}\0`);
    for (let id = 1; id <= this.count; id++) {
      const offset = this.#offsets[id] as number;
      if (kind !== undefined && kinds[kindOf(this.#word(offset + 4))]?.kind !== kind) continue;
      if (this.#textIs(this.#word(offset), wanted)) return id;
    }
    throw new TsnctlError('BTF_NOT_FOUND', `BTF has no ${kind ?? 'type'} called ${name}`);
  }

  #word(offset: number): number {
    return this.#view.getUint32(offset, this.endian === 'little');
  }

  #text(offset: number): string {
    if (offset === 0) return '';
    const end = this.#strings.indexOf(0, offset);
    if (end < 0) badBtf(`a name at ${offset} is outside of the ${this.#strings.length} bytes of strings`);
    return utf8.decode(this.#strings.subarray(offset, end));
  }

  #textIs(offset: number, wanted: Uint8Array): boolean {
    for (let i = 0; i < wanted.length; i++) {
      if (this.#strings[offset + i] !== wanted[i]) return false;
    }
    return true;
  }
}

const utf8 = new TextDecoder();
const HEAD_SIZE = 12; // struct btf_type
const kindOf = (info: number) => (info >>> 24) & 0x1f;
const vlenOf = (info: number) => info & 0xffff;

/** Where each type begins, by id. Each has all of its bytes; id 0 has none. */
function offsetTable(view: DataView, endian: Endian): Uint32Array {
  const offsets = new Uint32Array(1 + Math.floor(view.byteLength / HEAD_SIZE));
  let id = 0;
  for (let offset = 0; offset < view.byteLength; ) {
    id++;
    if (offset + HEAD_SIZE > view.byteLength) badBtf(`type ${id} is cut short`);
    const info = view.getUint32(offset + 4, endian === 'little');
    const row = kinds[kindOf(info)];
    if (row === undefined) badBtf(`type ${id} is of kind ${kindOf(info)}, which is not known`);
    offsets[id] = offset;
    offset += HEAD_SIZE + row.fixed + row.each * vlenOf(info);
    if (offset > view.byteLength) badBtf(`type ${id} (${row.kind}) is cut short`);
  }
  return offsets.slice(0, id + 1);
}
