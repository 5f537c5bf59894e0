import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { elfSection, elfVariables } from '@tsnctl/btf';
import { decode, TsnctlError } from '@tsnctl/codec';
import { clockNs } from '@tsnctl/linux';
import { BpfObject, type BpfProgram } from 'libbpf-ts';
import type { Role } from './model.ts';
import type { TableName } from './pins.ts';
import { mapName, type TableShape, tableShapeOf } from './table-shape.ts';

const POD_TABLES = ['pods', 'pod_counters'] as const;
const UPLINK_TABLES = ['uplinks', 'uplink_counters'] as const;

/** A role, or the program that holds a place while a role moves. */
export type ProgramName = Role | 'pass';

/** Which object file holds a role's program, and which tables it uses. */
const objects: Record<ProgramName, { file: string; tables: readonly TableName[] }> = {
  strip: { file: 'gate', tables: POD_TABLES },
  saver: { file: 'saver', tables: POD_TABLES },
  gate: { file: 'gate', tables: POD_TABLES },
  pass: { file: 'gate', tables: POD_TABLES },
  pod_saver: { file: 'pod_saver', tables: POD_TABLES },
  restorer: { file: 'restorer', tables: UPLINK_TABLES },
};

/** The word's window of 2^56 ns lies half before and half after the moment of loading. */
const HALF_WINDOW_NS = 1n << 55n;

export interface LoadOptions {
  /** The maps that exist already; the others are new. */
  existing: (table: TableName) => { fd: number } | undefined;
  /** Called for each new map, to pin it. */
  keep: (table: TableName, object: BpfObject) => void;
  /** Constants besides those that every program has. */
  constants?: Record<string, unknown>;
}

/** Pass a program through the verifier. */
export function loadProgram(name: ProgramName, options: LoadOptions): BpfProgram {
  using object = loadObject(name, options);
  return object.program(name);
}

/** The loaded object of a program that is to be loaded again with other constants: `programWith`. */
export function loadObject(name: ProgramName, { existing, keep, constants = {} }: LoadOptions): BpfObject {
  const { file, tables } = objects[name];
  using resources = new DisposableStack();
  const object = resources.use(BpfObject.open(readObject(file), file));
  const [mono, tai] = [clockNs('monotonic'), clockNs('tai')];
  object.setConstants({ tai_epoch_ns: tai - HALF_WINDOW_NS, tai_offset_ns: tai - mono, ...constants });
  const fresh: TableName[] = [];
  for (const table of tables) {
    const map = existing(table);
    if (map) object.reuseMap(mapName(table), map);
    else fresh.push(table);
  }
  object.load();
  for (const table of fresh) keep(table, object);
  resources.move();
  return object;
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

const knownShapes = new Map<TableName, TableShape>();

/** How a table is laid out, which a map at its pin must match; from the objects' BTF. */
export function tableShape(table: TableName): TableShape {
  const { file } = Object.values(objects).find(({ tables }) => tables.includes(table)) ?? objects.saver;
  const known = knownShapes.get(table) ?? tableShapeOf(readObject(file), table);
  knownShapes.set(table, known);
  return known;
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
