import type { SizedCodec } from '@tsnctl/codec';
import type { Btf } from './btf.ts';
import { parseBtf } from './btf.ts';
import { codecFor } from './codec-for.ts';
import { elfSymbols, readElf } from './elf.ts';
import { badBtf } from './error.ts';
import type { BtfType } from './type.ts';

/** A global variable of a BPF object: `offset` and `size` in bytes within its section, which is one map value. */
export interface Variable {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly codec: SizedCodec<unknown>;
}

/**
 * The variables of a section (.rodata, .bss, .data), in BTF whose offsets are filled in: that of a loaded object.
 *
 *     using map = object.map('.bss');
 *     const [first] = variables(map.btf as Btf, '.bss');
 *
 * @throws TsnctlError BTF_NOT_FOUND where there is no such section
 */
export function variables(btf: Btf, section: string): Variable[] {
  return sectionVariables(btf, section, ({ entry }) => entry.offset);
}

/**
 * The variables of a section of an object file. In BTF as clang writes it the offsets of global variables are 0;
 * the linker's symbol table knows them (libbpf's btf_fixup_datasec does the same).
 *
 *     for (const { name, offset } of elfVariables(readFileSync('probe.bpf.o'), '.rodata')) console.log(name, offset);
 *
 * @throws TsnctlError BTF_NOT_FOUND where there is no such section, BTF where a variable has no symbol
 */
export function elfVariables(elf: Uint8Array, section: string): Variable[] {
  const file = readElf(elf);
  const index = file.sections.findIndex(({ name }) => name === section);
  const symbols = elfSymbols(file).filter((symbol) => symbol.section === index);
  const offsets = new Map(symbols.map(({ name, value }) => [name, value]));
  const btf = parseBtf(file.sections.find(({ name }) => name === '.BTF')?.bytes ?? badBtf('no section .BTF'));
  return sectionVariables(btf, section, ({ entry, variable }) =>
    variable.linkage === BTF_VAR_STATIC
      ? entry.offset
      : (offsets.get(variable.name) ?? badBtf(`variable ${variable.name} has no symbol in ${section}`)),
  );
}

const BTF_VAR_STATIC = 0;

type Var = Extract<BtfType, { kind: 'var' }>;
type OffsetOf = (of: { entry: { offset: number }; variable: Var }) => number;

function sectionVariables(btf: Btf, section: string, offsetOf: OffsetOf): Variable[] {
  const datasec = btf.type(btf.find(section, 'datasec'));
  if (datasec.kind !== 'datasec') return [];
  return datasec.variables.map((entry) => {
    const variable = btf.type(entry.type);
    if (variable.kind !== 'var') badBtf(`section ${section} has a ${variable.kind} among its variables`);
    const codec = codecFor(btf, entry.type);
    return { name: variable.name, offset: offsetOf({ entry, variable }), size: codec.size, codec };
  });
}
