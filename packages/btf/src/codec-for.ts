import { array, type Endian, type SizedCodec, text, u64 } from '@tsnctl/codec';
import type { Btf } from './btf.ts';
import { type Composite, composite, type Member, memberOf } from './composite.ts';
import { badBtf } from './error.ts';
import { resolve } from './resolve.ts';
import { bitField, scalar, scalarSource } from './scalar.ts';
import { arraySource, byCodec, compile, getter, type ReadAt, readWith, type Source } from './source.ts';
import type { BtfComposite, BtfDatasec, BtfMember, BtfType } from './type.ts';

/** How values look. */
export interface CodecOptions {
  /** Read and write `char[n]` as text, up to the first NUL, instead of an array of numbers. */
  readonly text?: boolean;
}

/**
 * The two-way codec of a type, such as a map's key or value; its size is the type's.
 *
 * | C                              | TypeScript                                                      |
 * |--------------------------------|-----------------------------------------------------------------|
 * | integers                       | number up to 32 bits, bigint of 64, Uint8Array of 128           |
 * | bool                           | boolean                                                         |
 * | enum                           | its name; the bare value where it has none                      |
 * | pointer                        | bigint                                                          |
 * | array                          | array; `char[]` is text if asked                                |
 * | struct                         | object; members of anonymous members are its own                |
 * | union                          | read: an object of all members; write: of exactly one           |
 * | variable, section of variables | the variable's value; an object of all                          |
 *
 * Padding is zero when written. Where `endian` matters, pass the BTF's own to encode and decode.
 *
 *     const codec = codecFor(btf, btf.find('event', 'struct'), { text: true });
 *     const event = decode(codec, new Uint8Array(codec.size), { endian: btf.endian });
 *
 * @throws TsnctlError BTF for a type without a size (void, func), or one that contradicts itself or is unreasonably big
 */
export function codecFor(btf: Btf, typeId: number, options: CodecOptions = {}): SizedCodec<unknown> {
  return new Builder(btf, options).build(typeId, 0).codec;
}

/**
 * What `codecFor(...).read` reads, by code that is made for this type: for a million values, not for one.
 * The value shares no memory with the view. Where no code may be made (a content security policy), and for types
 * of very many fields, the codec itself reads.
 *
 *     const read = readerFor(btf, btf.find('event', 'struct'));
 *     const event = read(new DataView(new ArrayBuffer(100)), 64);
 *
 * @throws TsnctlError BTF as codecFor does; the function it returns: CodecError where the view is too short
 */
export function readerFor(
  btf: Btf,
  typeId: number,
  options: CodecOptions & { endian?: Endian } = {},
): ReadAt<unknown> {
  const { codec, fields, source } = new Builder(btf, options).build(typeId, 0);
  const endian = options.endian ?? btf.endian;
  const compiled = fields <= MAX_COMPILED ? compile(source, codec.size, endian) : undefined;
  return compiled ?? readWith(codec, endian);
}

const MAX_COMPILED = 2000;

/** Numbers that no honest type reaches: they bound what hostile BTF can cost. So many fields: 0.2 s and 100 MB. */
const MAX_BYTES = 1 << 26;
const MAX_FIELDS = 1 << 19; // a struct of the kernel has 274 479
const MAX_DEPTH = 32; // MAX_RESOLVE_DEPTH in kernel/bpf/btf.c

/** `fields` is how many values one read makes; `source` reads the same as the codec. */
interface Built {
  readonly codec: SizedCodec<unknown> | Composite;
  readonly fields: number;
  readonly source: Source;
}

class Builder {
  readonly #btf: Btf;
  readonly #options: CodecOptions;
  readonly #resolved = new Map<number, BtfType>();
  readonly #built = new Map<number, Built>();

  constructor(btf: Btf, options: CodecOptions) {
    this.#btf = btf;
    this.#options = options;
  }

  build(id: number, depth: number): Built {
    const known = this.#built.get(id);
    if (known) return known;
    if (depth > MAX_DEPTH) badBtf(`type ${id} is nested more than ${MAX_DEPTH} deep, or contains itself`);
    const built = this.#make(this.#resolve(id), depth + 1);
    if (built.codec.size > MAX_BYTES)
      badBtf(`type ${id} has ${built.codec.size} bytes; up to ${MAX_BYTES} are supported`);
    expectFields(built.fields);
    this.#built.set(id, built);
    return built;
  }

  #resolve(id: number): BtfType {
    const type = this.#resolved.get(id) ?? resolve(this.#btf, id);
    this.#resolved.set(id, type);
    return type;
  }

  #make(type: BtfType, depth: number): Built {
    switch (type.kind) {
      case 'ptr':
        return { codec: u64, fields: 1, source: getter('getBigUint64') };
      case 'array':
        return this.#array(type.type, type.length, depth);
      case 'struct':
      case 'union':
        return this.#composite(type, depth);
      case 'var':
        return this.build(type.type, depth);
      case 'datasec':
        return this.#datasec(type, depth);
      default:
        return { codec: scalar(type), fields: 1, source: scalarSource(type) };
    }
  }

  #array(elementId: number, length: number, depth: number): Built {
    const element = this.build(elementId, depth);
    if (this.#options.text && isChar(this.#resolve(elementId))) {
      const codec = text(length);
      return { codec, fields: 1, source: byCodec(codec) };
    }
    return {
      codec: array(element.codec, length),
      fields: 1 + length * element.fields,
      source: arraySource(element.source, length, element.codec.size),
    };
  }

  #composite(type: BtfComposite, depth: number): Built {
    const members: Member[] = [];
    let fields = 1;
    for (const member of type.members) {
      const built = this.#member(member, depth);
      if (built === undefined) continue;
      fields += built.fields;
      expectFields(fields);
      members.push(memberOf(member.name, built.at, built.codec, built.source));
    }
    const codec = composite(type.kind, type.size, members);
    return { codec, fields, source: codec.source };
  }

  #member(member: BtfMember, depth: number): (Built & { at: number }) | undefined {
    const type = this.#resolve(member.type);
    // Without a name only the members of a struct or union are values; a bit-field is padding.
    if (member.name === '' && type.kind !== 'struct' && type.kind !== 'union') return undefined;
    const { bitOffset, bitSize } = plainBits(member, type);
    const at = Math.floor(bitOffset / 8);
    if (bitSize > 0) {
      const codec = bitField(type, bitOffset % 8, bitSize);
      return { codec, fields: 1, source: byCodec(codec), at };
    }
    if (bitOffset % 8 !== 0) badBtf(`member ${member.name} begins at bit ${bitOffset}, and is no bit-field`);
    return { ...this.build(member.type, depth), at };
  }

  #datasec(type: BtfDatasec, depth: number): Built {
    const members = type.variables.map(({ type: id, offset, size }) => {
      const variable = this.#btf.type(id);
      if (variable.kind !== 'var') badBtf(`section ${type.name} has a ${variable.kind} among its variables`);
      const built = this.build(id, depth);
      if (built.codec.size !== size)
        badBtf(`variable ${variable.name} of ${built.codec.size} bytes has ${size}`);
      return { ...memberOf(variable.name, offset, built.codec, built.source), fields: built.fields };
    });
    const fields = members.reduce((sum, member) => sum + member.fields, 1);
    const codec = composite('struct', type.size, members);
    return { codec, fields, source: codec.source };
  }
}

function expectFields(fields: number): void {
  if (fields > MAX_FIELDS) badBtf(`a type has ${fields} fields; up to ${MAX_FIELDS} are supported`);
}

/** Old compilers tell a bit-field by an int type of fewer bits than it has bytes; newer ones by the member. */
function plainBits({ bitOffset, bitSize }: BtfMember, type: BtfType): { bitOffset: number; bitSize: number } {
  const old = type.kind === 'int' && bitSize === 0 && (type.bits !== type.size * 8 || bitOffset % 8 !== 0);
  return old ? { bitOffset: bitOffset + type.offset, bitSize: type.bits } : { bitOffset, bitSize };
}

function isChar(type: BtfType): boolean {
  return type.kind === 'int' && type.size === 1 && type.name === 'char';
}
