import { array, bytes, decode, type Endian, struct, TsnctlError, u8, u16, u32, u64 } from '@tsnctl/codec';
import { type Btf, parseBtf } from './btf.ts';
import { badBtf } from './error.ts';

/**
 * The BTF of a compiled BPF object, of a kernel image or of a module. A module built outside of the kernel's tree
 * brings the part of the kernel's types that it needs (.BTF.base); others need the kernel's BTF as `base`.
 *
 *     const btf = btfFromElf(readFileSync('probe.bpf.o'));
 *     const codec = codecFor(btf, btf.find('event', 'struct'));
 *
 * @throws TsnctlError BTF_NOT_FOUND where it has none, BTF where it is broken
 */
export function btfFromElf(elf: Uint8Array, options: { base?: Btf } = {}): Btf {
  const { sections } = readElf(elf);
  const section = (name: string) => sections.find((candidate) => candidate.name === name)?.bytes;
  const [raw, base] = [section('.BTF'), section('.BTF.base')];
  if (raw === undefined) {
    throw new TsnctlError('BTF_NOT_FOUND', 'the ELF object has no section .BTF', {
      hint: 'compile it with clang -g',
    });
  }
  return parseBtf(raw, base ? { base: parseBtf(base) } : options);
}

/**
 * The bytes of a section (a view), none of them for one without file contents (.bss), undefined if there is no such.
 *
 *     elfSection(readFileSync('probe.bpf.o'), 'license');
 */
export function elfSection(elf: Uint8Array, name: string): Uint8Array | undefined {
  return readElf(elf).sections.find((section) => section.name === name)?.bytes;
}

export interface Elf {
  readonly endian: Endian;
  readonly sections: readonly ElfSection[];
}

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly link: number;
  readonly bytes: Uint8Array;
}

/** `section` is an index into the ELF's sections. */
export interface ElfSymbol {
  readonly name: string;
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

/** The sections of an ELF64 of either byte order. @throws TsnctlError BTF or CodecError, whatever the bytes are */
export function readElf(elf: Uint8Array): Elf {
  const ident = decode(elfIdent, elf, { partial: true });
  if (ident.magic !== ELF_MAGIC) badBtf('this is not an ELF file: the magic 7f 45 4c 46 is missing');
  if (ident.class !== 2) badBtf(`ELF class ${ident.class} is not supported (2, 64-bit, is)`);
  const endian = ident.data === 2 ? 'big' : 'little';
  const header = decode(elfHeader, elf, { endian, partial: true });
  if (header.sectionCount === 0) return { endian, sections: [] };
  if (header.sectionSize !== sectionHeader.size)
    badBtf(`section headers of ${header.sectionSize} bytes are not ELF64`);
  const table = slice(
    elf,
    header.sectionsOffset,
    BigInt(header.sectionCount * sectionHeader.size),
    'section headers',
  );
  const rows = decode(array(sectionHeader, header.sectionCount), table, { endian });
  const contents = rows.map(({ type, offset, size }, i) =>
    type === SHT_NOBITS ? elf.subarray(0, 0) : slice(elf, offset, size, `section ${i}`),
  );
  const names = contents[header.namesSection];
  if (names === undefined) badBtf(`there is no section ${header.namesSection} of section names`);
  const sections = rows.map(({ name, type, link }, i) => ({
    name: textAt(names, name),
    type,
    link,
    bytes: contents[i] as Uint8Array,
  }));
  return { endian, sections };
}

/** The symbols of all symbol tables. */
export function elfSymbols({ endian, sections }: Elf): ElfSymbol[] {
  return sections
    .filter(({ type }) => type === SHT_SYMTAB)
    .flatMap(({ bytes: table, link }) => {
      const names = sections[link]?.bytes ?? badBtf(`there is no section ${link} of symbol names`);
      return decode(array(symbolEntry), table, { endian }).map(({ name, section, value, size }) => ({
        name: textAt(names, name),
        section,
        value: Number(value),
        size: Number(size),
      }));
    });
}

const ELF_MAGIC = 0x464c457f;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;

const elfIdent = struct({ magic: u32, class: u8, data: u8, version: u8, abi: u8, rest: bytes(8) });

// Elf64_Ehdr
const elfHeader = struct({
  ident: bytes(16),
  type: u16,
  machine: u16,
  version: u32,
  entry: u64,
  programsOffset: u64,
  sectionsOffset: u64,
  flags: u32,
  headerSize: u16,
  programSize: u16,
  programCount: u16,
  sectionSize: u16,
  sectionCount: u16,
  namesSection: u16,
});

// Elf64_Shdr
const sectionHeader = struct({
  name: u32,
  type: u32,
  flags: u64,
  address: u64,
  offset: u64,
  size: u64,
  link: u32,
  info: u32,
  align: u64,
  entrySize: u64,
});

// Elf64_Sym
const symbolEntry = struct({ name: u32, info: u8, other: u8, section: u16, value: u64, size: u64 });

function slice(elf: Uint8Array, offset: bigint, size: bigint, what: string): Uint8Array {
  if (offset + size > BigInt(elf.length))
    badBtf(`${what}: ${size} bytes at ${offset} go past the end (${elf.length})`);
  return elf.subarray(Number(offset), Number(offset + size));
}

const utf8 = new TextDecoder();

function textAt(strings: Uint8Array, offset: number): string {
  const end = strings.indexOf(0, offset);
  if (end < 0) badBtf(`a name at ${offset} is outside of the ${strings.length} bytes of names`);
  return utf8.decode(strings.subarray(offset, end));
}
