import { bytes, decode, type Endian, Reader, TsnctlError, u16 } from '@tsnctl/codec';
import { badBtf } from './error.ts';
import { btfHeader, btfHeaderWithLayout } from './header.ts';
import { type KindLayout, kindLayouts, kinds } from './kinds.ts';
import type { BtfKind, BtfType } from './type.ts';

/** The types of one program, map or kernel. Only an offset table is built; a type is decoded when asked for. */
export interface Btf {
  readonly endian: Endian;
  /** Ids go from 1 to `count`, those of `base` first; 0 is void. */
  readonly count: number;
  /** What split BTF builds on: a module's is the kernel's. */
  readonly base: Btf | undefined;
  /** @throws TsnctlError BTF where there is no such id, or it is broken; CodecError where it is cut short */
  type(id: number): BtfType;
  /** The first type of this name (and kind). @throws TsnctlError BTF_NOT_FOUND */
  find(name: string, kind?: BtfKind): number;
  /** A name by its offset in the strings, which go on where those of `base` end. @throws TsnctlError BTF */
  text(offset: number): string;
}

/**
 * Parse raw BTF: a `.BTF` section, or a file of /sys/kernel/btf, of either byte order. A module's is split BTF:
 * its ids and names go on where those of its `base` end, so give it the vmlinux of the same boot.
 *
 *     const vmlinux = parseBtf(readFileSync('/sys/kernel/btf/vmlinux'));
 *     const veth = parseBtf(readFileSync('/sys/kernel/btf/veth'), { base: vmlinux });
 *     const type = veth.type(veth.find('veth_priv', 'struct'));
 *
 * Source: Documentation/bpf/btf.rst. @throws TsnctlError BTF or CodecError, whatever the bytes are
 */
export function parseBtf(raw: Uint8Array, options: { base?: Btf } = {}): Btf {
  const { base } = options;
  const endian = byteOrder(raw);
  if (base && base.endian !== endian) badBtf(`the base is of the other byte order, ${base.endian} endian`);
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
  return new ParsedBtf({ types, strings, endian, layouts: layouts(), base });

  /** Since kernel 7.1 BTF may say itself how long its kinds are, so that those to come can be passed over. */
  function layouts(): readonly (KindLayout | undefined)[] {
    if (header.headerSize < btfHeaderWithLayout.size) return kinds;
    const { layoutOffset, layoutSize } = decode(btfHeaderWithLayout, raw, { endian, partial: true });
    return layoutSize === 0 ? kinds : kindLayouts(part('layout', layoutOffset, layoutSize), endian);
  }
}

const BTF_MAGIC = 0xeb9f;

function byteOrder(raw: Uint8Array): Endian {
  const magic = decode(bytes(2), raw, { partial: true });
  for (const endian of ['little', 'big'] as const) {
    if (decode(u16, magic, { endian }) === BTF_MAGIC) return endian;
  }
  return badBtf('this is not BTF: the magic 0xeb9f is missing');
}

interface Parts {
  readonly types: Uint8Array;
  readonly strings: Uint8Array;
  readonly endian: Endian;
  readonly layouts: readonly (KindLayout | undefined)[];
  readonly base: Btf | undefined;
}

class ParsedBtf implements Btf {
  readonly endian: Endian;
  readonly count: number;
  readonly base: Btf | undefined;
  /** Bytes of names, with those of the base. */
  readonly stringsEnd: number;
  readonly #types: Uint8Array;
  readonly #strings: Uint8Array;
  readonly #view: DataView;
  readonly #offsets: Uint32Array;
  /** Where this BTF's own ids and names begin. */
  readonly #firstId: number;
  readonly #firstText: number;

  constructor({ types, strings, endian, layouts, base }: Parts) {
    this.endian = endian;
    this.base = base;
    this.#types = types;
    this.#strings = strings;
    this.#view = new DataView(types.buffer, types.byteOffset, types.byteLength);
    this.#offsets = offsetTable(this.#view, endian, layouts);
    this.#firstId = (base?.count ?? 0) + 1;
    this.#firstText = base instanceof ParsedBtf ? base.stringsEnd : 0;
    this.count = this.#firstId + this.#offsets.length - 1;
    this.stringsEnd = this.#firstText + strings.length;
  }

  type(id: number): BtfType {
    if (id === 0) return { kind: 'void' };
    if (this.base && id < this.#firstId) return this.base.type(id);
    const offset = this.#offsets[id - this.#firstId];
    if (offset === undefined) badBtf(`there is no type ${id}: the ids end at ${this.count}`);
    const info = this.#word(offset + 4);
    const head = {
      name: this.text(this.#word(offset)),
      count: vlenOf(info),
      kindFlag: info >>> 31 === 1,
      sizeOrType: this.#word(offset + 8),
    };
    const row = kinds[kindOf(info)];
    if (!row) return { kind: 'unknown', name: head.name, number: kindOf(info) };
    const reader = new Reader(this.#types.subarray(offset + HEAD_SIZE), this.endian);
    return row.decode(head, reader, (at) => this.text(at));
  }

  find(name: string, kind?: BtfKind): number {
    const found = this.findOwn(name, kind) ?? (this.base && foundIn(this.base, name, kind));
    if (found !== undefined) return found;
    throw new TsnctlError('BTF_NOT_FOUND', `BTF has no ${kind ?? 'type'} called ${name}`);
  }

  /** Only among its own types: a module's word on a name goes before the kernel's. */
  findOwn(name: string, kind?: BtfKind): number | undefined {
    const wanted = new TextEncoder().encode(`${name}\0`);
    for (let at = 0; at < this.#offsets.length; at++) {
      const offset = this.#offsets[at] as number;
      if (kind !== undefined && kinds[kindOf(this.#word(offset + 4))]?.kind !== kind) continue;
      if (this.textIs(this.#word(offset), wanted)) return this.#firstId + at;
    }
    return undefined;
  }

  text(offset: number): string {
    if (offset === 0) return '';
    if (this.base && offset < this.#firstText) return this.base.text(offset);
    const end = this.#strings.indexOf(0, offset - this.#firstText);
    if (end < 0)
      badBtf(
        `a name at ${offset} is outside of the ${this.stringsEnd} bytes of strings${this.base ? '' : "; a module's BTF needs that of its kernel as base"}`,
      );
    return utf8.decode(this.#strings.subarray(offset - this.#firstText, end));
  }

  #word(offset: number): number {
    return this.#view.getUint32(offset, this.endian === 'little');
  }

  /** Whether the name at `offset` is this one, which ends with a NUL. */
  textIs(offset: number, wanted: Uint8Array): boolean {
    if (this.base && offset < this.#firstText) return sameText(this.base, offset, wanted);
    return sameBytes(this.#strings, offset - this.#firstText, wanted);
  }
}

function foundIn(base: Btf, name: string, kind?: BtfKind): number | undefined {
  try {
    return base.find(name, kind);
  } catch (error) {
    if (error instanceof TsnctlError && error.code === 'BTF_NOT_FOUND') return undefined;
    throw error;
  }
}

function sameText(btf: Btf, offset: number, wanted: Uint8Array): boolean {
  return btf instanceof ParsedBtf && btf.textIs(offset, wanted);
}

function sameBytes(strings: Uint8Array, offset: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (strings[offset + i] !== wanted[i]) return false;
  }
  return true;
}

const utf8 = new TextDecoder();
const HEAD_SIZE = 12; // struct btf_type
// Before kernel 7.1 a kind had 5 bits and a count 16; the bits above them were zero.
const kindOf = (info: number) => (info >>> 24) & 0x7f;
const vlenOf = (info: number) => info & 0xff_ffff;

/** Where each type begins, the first at index 0. Each has all of its bytes. */
function offsetTable(
  view: DataView,
  endian: Endian,
  layouts: readonly (KindLayout | undefined)[],
): Uint32Array {
  const offsets = new Uint32Array(Math.floor(view.byteLength / HEAD_SIZE) + 1);
  let count = 0;
  for (let offset = 0; offset < view.byteLength; ) {
    const nth = count + 1;
    if (offset + HEAD_SIZE > view.byteLength) badBtf(`type ${nth} is cut short`);
    const info = view.getUint32(offset + 4, endian === 'little');
    const layout = kinds[kindOf(info)] ?? layouts[kindOf(info)];
    if (layout === undefined) badBtf(`type ${nth} is of kind ${kindOf(info)}, which is not known`);
    offsets[count++] = offset;
    offset += HEAD_SIZE + layout.fixed + layout.each * vlenOf(info);
    if (offset > view.byteLength) badBtf(`type ${nth} (${nameOf(info)}) is cut short`);
  }
  return offsets.slice(0, count);
}

function nameOf(info: number): string {
  return kinds[kindOf(info)]?.kind ?? `kind ${kindOf(info)}`;
}
