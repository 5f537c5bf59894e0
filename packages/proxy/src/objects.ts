import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { elfSection, elfVariables } from '@tsnctl/btf';
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
