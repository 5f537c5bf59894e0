import { btfFromElf, elfVariables, resolve } from '@tsnctl/btf';
import { TsnctlError } from '@tsnctl/codec';
import type { TableName } from './pins.ts';

/** How a table is laid out. */
export interface TableShape {
  /** The map's name as the kernel keeps it. */
  kernelName: string;
  entries: number;
  valueSize: number;
}

/** The name of a table's map in its object: a global array is a map of one value, named after its section. */
export function mapName(table: TableName): string {
  return isCounters(table) ? table : `.data.${table}`;
}

/** What bpf/tables.h says of a table, read from an object's BTF. @throws TsnctlError BAD_OBJECT */
export function tableShapeOf(elf: Uint8Array, table: TableName): TableShape {
  const shape = ifFound(() => (isCounters(table) ? countersShape(elf, table) : arrayShape(elf, table)));
  if (shape) return { kernelName: mapName(table).slice(0, KERNEL_NAME_LENGTH), ...shape };
  throw new TsnctlError('BAD_OBJECT', `the BPF objects do not say how ${table} is laid out`, {
    hint: 'npm run bpf',
  });
}

function ifFound<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof TsnctlError && error.code === 'BTF_NOT_FOUND') return undefined;
    throw error;
  }
}

const KERNEL_NAME_LENGTH = 15; // BPF_OBJ_NAME_LEN in linux/bpf.h, with its NUL

function isCounters(table: TableName): boolean {
  return table.endsWith('_counters');
}

function arrayShape(elf: Uint8Array, table: TableName): Omit<TableShape, 'kernelName'> | undefined {
  const [variable] = elfVariables(elf, mapName(table));
  return variable && { entries: 1, valueSize: variable.size };
}

/** A map is a variable in `.maps`; its attributes are members: `value` points to the type, `max_entries` to an array. */
function countersShape(elf: Uint8Array, table: TableName): Omit<TableShape, 'kernelName'> | undefined {
  const btf = btfFromElf(elf);
  const variable = btf.type(btf.find(table, 'var'));
  const map = variable.kind === 'var' ? btf.type(variable.type) : variable;
  const pointee = (name: string) => {
    const member =
      map.kind === 'struct' ? map.members.find((candidate) => candidate.name === name) : undefined;
    const pointer = member ? btf.type(member.type) : undefined;
    return pointer?.kind === 'ptr' ? resolve(btf, pointer.type) : undefined;
  };
  const [value, entries] = [pointee('value'), pointee('max_entries')];
  if (entries?.kind !== 'array' || !value || !('size' in value)) return undefined;
  return { entries: entries.length, valueSize: value.size };
}
