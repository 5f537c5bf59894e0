import {
  decode,
  type Endian,
  Reader,
  type SizedCodec,
  struct,
  TsnctlError,
  u8,
  u16,
  u32,
} from '@tsnctl/codec';
import type { Btf } from './btf.ts';
import { btfFromElf, elfSection } from './elf.ts';
import { badBtf } from './error.ts';

/** Where a function begins: `instruction` counts from the section's start, in instructions of 8 bytes. */
export interface BtfFunctionInfo {
  readonly section: string;
  readonly instruction: number;
  /** The id of its type, a `func`. */
  readonly type: number;
}

/** The line of the source that an instruction comes from; line and column count from 1, 0 is unknown. */
export interface BtfLineInfo {
  readonly section: string;
  readonly instruction: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** What libbpf puts into an instruction when the program is loaded, from the kernel's own types (CO-RE). */
export interface BtfRelocation {
  readonly section: string;
  readonly instruction: number;
  /** The type that the program was compiled with, and the way into it: `0:1:2` is member 2 of member 1. */
  readonly type: number;
  readonly access: string;
  readonly kind: string;
}

/** What `.BTF.ext` says of an object's programs. */
export interface BtfExt {
  readonly functions: readonly BtfFunctionInfo[];
  readonly lines: readonly BtfLineInfo[];
  readonly relocations: readonly BtfRelocation[];
}

/**
 * The functions, source lines and CO-RE relocations of a compiled BPF object.
 *
 *     const { lines } = btfExtFromElf(readFileSync('probe.bpf.o'));
 *
 * @throws TsnctlError BTF_NOT_FOUND where it has no section .BTF.ext, BTF where it is broken
 */
export function btfExtFromElf(elf: Uint8Array): BtfExt {
  const section = elfSection(elf, '.BTF.ext');
  if (section !== undefined) return parseBtfExt(section, btfFromElf(elf));
  throw new TsnctlError('BTF_NOT_FOUND', 'the ELF object has no section .BTF.ext', {
    hint: 'compile it with clang -g; kernel images and modules have none',
  });
}

/**
 * Parse raw `.BTF.ext`; `btf` is the `.BTF` beside it, which has the names.
 *
 *     const elf = readFileSync('probe.bpf.o');
 *     const raw = elfSection(elf, '.BTF.ext') as Uint8Array;
 *     const { functions } = parseBtfExt(raw, btfFromElf(elf));
 *
 * @throws TsnctlError BTF, CodecError
 */
export function parseBtfExt(raw: Uint8Array, btf: Btf): BtfExt {
  const { endian } = btf;
  const header = decode(extHeader, raw, { endian, partial: true });
  if (header.magic !== BTF_MAGIC)
    badBtf('this is not BTF.ext in the byte order of its BTF: the magic 0xeb9f is missing');
  if (header.version !== 1) badBtf(`BTF.ext version ${header.version} is not known (1 is)`);
  if (header.headerSize < OLD_HEADER) badBtf(`a BTF.ext header of ${header.headerSize} bytes is too short`);
  const part = (name: string, offset: number, size: number) => {
    const start = header.headerSize + offset;
    if (start + size > raw.length)
      badBtf(`the ${name} (${size} bytes at ${start}) go past the end (${raw.length})`);
    return { name, bytes: raw.subarray(start, start + size), endian };
  };
  const hasRelocations = header.headerSize >= extHeader.size;
  return {
    functions: records(
      part('functions', header.functionsOffset, header.functionsSize),
      functionInfo,
      btf,
    ).map(({ section, record }) => ({ section, instruction: record.offset / 8, type: record.type })),
    lines: records(part('lines', header.linesOffset, header.linesSize), lineInfo, btf).map(
      ({ section, record }) => ({
        section,
        instruction: record.offset / 8,
        file: btf.text(record.file),
        text: btf.text(record.text),
        line: record.place >>> 10, // BPF_LINE_INFO_LINE_NUM
        column: record.place & 0x3ff, // BPF_LINE_INFO_LINE_COL
      }),
    ),
    relocations: hasRelocations
      ? records(part('relocations', header.relocationsOffset, header.relocationsSize), relocation, btf).map(
          ({ section, record }) => ({
            section,
            instruction: record.offset / 8,
            type: record.type,
            access: btf.text(record.access),
            kind: relocationKinds[record.kind] ?? `kind ${record.kind}`,
          }),
        )
      : [],
  };
}

const BTF_MAGIC = 0xeb9f;
const OLD_HEADER = 24; // before there were relocations

// struct btf_ext_header in tools/lib/bpf/libbpf_internal.h
const extHeader = struct({
  magic: u16,
  version: u8,
  flags: u8,
  headerSize: u32,
  functionsOffset: u32,
  functionsSize: u32,
  linesOffset: u32,
  linesSize: u32,
  relocationsOffset: u32,
  relocationsSize: u32,
});

// struct bpf_func_info, bpf_line_info and bpf_core_relo in linux/bpf.h; offsets are in bytes here
const functionInfo = struct({ offset: u32, type: u32 });
const lineInfo = struct({ offset: u32, file: u32, text: u32, place: u32 });
const relocation = struct({ offset: u32, type: u32, access: u32, kind: u32 });

/** enum bpf_core_relo_kind in linux/bpf.h */
const relocationKinds = [
  'fieldByteOffset',
  'fieldByteSize',
  'fieldExists',
  'fieldSigned',
  'fieldLeftShift',
  'fieldRightShift',
  'typeIdLocal',
  'typeIdTarget',
  'typeExists',
  'typeSize',
  'enumValueExists',
  'enumValue',
  'typeMatches',
];

interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly endian: Endian;
}

/** Records lie in groups, one for each section; they may be longer than those known here. */
function records<T>(
  { name, bytes, endian }: Part,
  codec: SizedCodec<T>,
  btf: Btf,
): { section: string; record: T }[] {
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes, endian);
  const size = u32.read(reader);
  if (size < codec.size || size % 4 !== 0)
    badBtf(`${name} of ${size} bytes each, where ${codec.size} are known`);
  const found: { section: string; record: T }[] = [];
  while (reader.remaining > 0) {
    const section = btf.text(u32.read(reader));
    const count = u32.read(reader);
    if (count * size > reader.remaining) badBtf(`${count} ${name} of ${section} go past the end`);
    for (let n = 0; n < count; n++) {
      const row = reader.take(size).subarray(0, codec.size);
      found.push({ section, record: decode(codec, row, { endian }) });
    }
  }
  return found;
}
