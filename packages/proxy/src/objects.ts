import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { btfFromElf, elfSection, elfVariables, resolve } from '@tsnctl/btf';
import { decode, TsnctlError } from '@tsnctl/codec';
import { clockNs } from '@tsnctl/linux';
import { BpfObject, type BpfProgram } from 'libbpf-ts';
import type { Role } from './model.ts';
import type { TableName } from './pins.ts';

/** Which object file holds a role's program, and which tables it uses. */
const objects: Record<Role, { file: string; tables: readonly TableName[] }> = {
  strip: { file: 'gate', tables: ['pods', 'pod_counters'] },
  saver: { file: 'saver', tables: ['policies', 'pods', 'pod_counters'] },
  restorer: { file: 'restorer', tables: ['uplinks', 'uplink_counters'] },
};

export const ROLES = Object.keys(objects) as Role[];

/** The word's window of 2^56 ns lies half before and half after the moment of loading. */
const HALF_WINDOW_NS = 1n << 55n;

/**
 * Pass a role's program through the verifier. Maps of `tables` are used where they exist; the others are
 * new, and handed to `keep` to be pinned.
 */
export function loadProgram(
  role: Role,
  existing: (table: TableName) => { fd: number } | undefined,
  keep: (table: TableName, object: BpfObject) => void,
): BpfProgram {
  const { file, tables } = objects[role];
  using object = BpfObject.open(readObject(file), file);
  object.setConstants({ tai_epoch_ns: clockNs('tai') - HALF_WINDOW_NS });
  const fresh: TableName[] = [];
  for (const table of tables) {
    const map = existing(table);
    if (map) object.reuseMap(table, map);
    else fresh.push(table);
  }
  object.load();
  for (const table of fresh) keep(table, object);
  return object.program(role);
}

function readObject(file: string): Uint8Array {
  const path = fileURLToPath(import.meta.resolve(`@tsnctl/bpf/${file}.bpf.o`));
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new TsnctlError('NO_OBJECT', `the BPF object ${file}.bpf.o is missing`, {
      hint: 'npm run bpf in a checkout; the package brings it along',
      cause,
    });
  }
}

/** How a table is laid out, which a map at its pin must match. */
export interface TableShape {
  entries: number;
  valueSize: number;
}

const knownShapes = new Map<TableName, TableShape>();

/** What bpf/tables.h says of a table, read from the objects' BTF. */
export function tableShape(table: TableName): TableShape {
  const known = knownShapes.get(table) ?? readShape(table);
  knownShapes.set(table, known);
  return known;
}

/** A map is a variable in `.maps`; its attributes are members: `value` points to the type, `max_entries` to an array. */
function readShape(table: TableName): TableShape {
  const { file } = Object.values(objects).find(({ tables }) => tables.includes(table)) ?? objects.saver;
  const btf = btfFromElf(readObject(file));
  const variable = btf.type(btf.find(table, 'var'));
  const map = variable.kind === 'var' ? btf.type(variable.type) : variable;
  const pointee = (name: string) => {
    const member =
      map.kind === 'struct' ? map.members.find((candidate) => candidate.name === name) : undefined;
    const pointer = member ? btf.type(member.type) : undefined;
    return pointer?.kind === 'ptr' ? resolve(btf, pointer.type) : undefined;
  };
  const [value, entries] = [pointee('value'), pointee('max_entries')];
  if (entries?.kind !== 'array' || !value || !('size' in value))
    throw new TsnctlError('BAD_OBJECT', `${file}.bpf.o does not say how ${table} is laid out`);
  return { entries: entries.length, valueSize: value.size };
}

let knownProbes: number | undefined;

/** How many places the programs look at for an interface: `probes` in bpf/tables.h. */
export function probes(): number {
  knownProbes ??= readProbes();
  return knownProbes;
}

function readProbes(): number {
  const elf = readObject('gate');
  const variable = elfVariables(elf, '.rodata').find(({ name }) => name === 'probes');
  const constants = elfSection(elf, '.rodata');
  if (!variable || !constants) throw new TsnctlError('BAD_OBJECT', 'gate.bpf.o has no constant probes');
  const { codec, offset, size } = variable;
  return Number(decode(codec, constants.subarray(offset, offset + size)));
}
