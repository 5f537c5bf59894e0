import { type Btf, resolve } from '@tsnctl/btf';
import type { BpfMap, BpfMapInfo } from 'libbpf-ts';
import { type Column, renderTable } from './table.ts';

/** A key with its value, or in a per-CPU map with its value on each CPU; bytes are written as 0x... */
export interface MapEntry {
  readonly key: unknown;
  readonly value?: unknown;
  readonly values?: readonly { readonly cpu: number; readonly value: unknown }[];
}

export interface MapDump {
  readonly map: Pick<BpfMapInfo, 'id' | 'name' | 'type'>;
  readonly decodedBy: 'btf' | 'bytes';
  readonly bytesBecause?: string;
  readonly entries: readonly MapEntry[];
  /** Whether there are more than were asked for. */
  readonly cut: boolean;
}

type Listed = BpfMapInfo & { readonly pins: readonly string[] };

export function renderMaps(maps: readonly Listed[], wide: boolean): string {
  if (maps.length === 0) return 'no maps\n';
  return renderTable(columns.slice(0, wide ? undefined : -3), maps);
}

const columns: readonly Column<Listed>[] = [
  { heading: 'ID', value: ({ id }) => `${id}`, right: true },
  { heading: 'TYPE', value: ({ type }) => type },
  { heading: 'NAME', value: ({ name }) => name },
  { heading: 'KEY', value: ({ keySize }) => `${keySize}B`, right: true },
  { heading: 'VALUE', value: ({ valueSize }) => `${valueSize}B`, right: true },
  { heading: 'ENTRIES', value: ({ maxEntries }) => `${maxEntries}`, right: true },
  { heading: 'FLAGS', value: ({ flags }) => `0x${flags.toString(16)}`, right: true },
  { heading: 'BTF', value: ({ btfId }) => (btfId === 0 ? '' : `${btfId}`), right: true },
  { heading: 'PINNED AT', value: ({ pins }) => pins.join(' ') },
];

/** The types as C names them; without BTF why. */
export function describeShape(map: BpfMap): { keyType?: string; valueType?: string; bytesBecause?: string } {
  const { btf, types, bytesBecause } = map;
  return {
    ...(btf && types.key !== 0 && { keyType: typeName(btf, types.key) }),
    ...(btf && types.value !== 0 && { valueType: typeName(btf, types.value) }),
    ...(bytesBecause !== undefined && { bytesBecause }),
  };
}

export function renderMap(shown: Listed & ReturnType<typeof describeShape>): string {
  const rows: readonly [string, string][] = [
    ['id', `${shown.id}`],
    ['type', shown.type],
    ['name', shown.name],
    ['key', `${shown.keyType ?? 'bytes'} (${shown.keySize} bytes)`],
    ['value', `${shown.valueType ?? 'bytes'} (${shown.valueSize} bytes)`],
    ['entries', `at most ${shown.maxEntries}`],
    ['flags', `0x${shown.flags.toString(16)}`],
    ['pinned at', shown.pins.join(' ') || 'nowhere'],
    ...(shown.bytesBecause ? [['bytes', shown.bytesBecause] as [string, string]] : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

function typeName(btf: Btf, id: number): string {
  const type = btf.type(id);
  if (type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum')
    return `${type.kind} ${type.name || '(anonymous)'}`;
  if ('name' in type && type.name !== '') return type.name;
  if (type.kind === 'array') return `${typeName(btf, type.type)}[${type.length}]`;
  if (type.kind === 'ptr') return `${type.type === 0 ? 'void' : typeName(btf, type.type)} *`;
  const behind = resolve(btf, id);
  return 'name' in behind && behind.name !== '' ? behind.name : behind.kind;
}

export function dumpMap(map: BpfMap, limit = Number.POSITIVE_INFINITY): MapDump {
  const { id, name, type } = map.info;
  const perCpu = map.copies > 1;
  const entries: MapEntry[] = [];
  let cut = false;
  for (const [key, values] of map.entriesPerCpu()) {
    cut = entries.length === limit;
    if (cut) break;
    entries.push(entryOf(key, values, perCpu));
  }
  const { bytesBecause } = map;
  return {
    map: { id, name, type },
    decodedBy: bytesBecause === undefined ? 'btf' : 'bytes',
    ...(bytesBecause !== undefined && { bytesBecause }),
    entries,
    cut,
  };
}

export function entryOf(key: unknown, values: readonly unknown[], perCpu: boolean): MapEntry {
  if (!perCpu) return { key: withHex(key), value: withHex(values[0]) };
  return { key: withHex(key), values: values.map((value, cpu) => ({ cpu, value: withHex(value) })) };
}

/** Bytes as 0x..., for JSON and for people. */
function withHex(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length === 0 ? '' : `0x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(withHex);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withHex(field)]));
}

interface Row {
  readonly key: unknown;
  readonly cpu: string;
  readonly value: unknown;
}

/** A column for each field, where all values are objects; per-CPU values a row for each CPU. */
export function renderEntries(entries: readonly MapEntry[], wide = false): string {
  if (entries.length === 0) return 'no entries\n';
  const rows = entries.flatMap(({ key, value, values }): Row[] =>
    values
      ? values.map(({ cpu, value: one }) => ({ key, cpu: `${cpu}`, value: one }))
      : [{ key, cpu: '', value }],
  );
  const all: readonly Column<Row>[] = [
    ...fieldColumns(rows, 'KEY', ({ key }) => key, wide).map((column) => ({
      ...column,
      once: rows.some(({ cpu }) => cpu !== ''),
    })),
    { heading: 'CPU', value: ({ cpu }) => cpu, right: true },
    ...fieldColumns(rows, 'VALUE', ({ value }) => value, wide),
  ];
  return renderTable(all, rows);
}

function fieldColumns(
  rows: readonly Row[],
  heading: string,
  part: (row: Row) => unknown,
  wide: boolean,
): Column<Row>[] {
  const names = new Set(rows.flatMap((row) => (isObject(part(row)) ? Object.keys(part(row) as object) : [])));
  const isFlat = names.size > 0 && names.size <= FIELDS && rows.every((row) => isObject(part(row)));
  if (!isFlat) {
    return [
      {
        heading,
        value: (row) => shorten(compact(part(row)), wide),
        right: rows.every((row) => isNumber(part(row))),
      },
    ];
  }
  return [...names].map((name) => {
    const field = (row: Row) => (part(row) as Record<string, unknown>)[name];
    return {
      heading: name.toUpperCase(),
      group: heading,
      value: (row: Row) => shorten(compact(field(row)), wide),
      right: rows.every((row) => isNumber(field(row))),
    };
  });
}

const FIELDS = 12;
const WIDTH = 40;

function shorten(text: string, wide: boolean): string {
  return wide || text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 3)}...`;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** One line, without quotes and braces that say nothing. */
export function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(' ')}]`;
  if (isObject(value))
    return `{${Object.entries(value as object)
      .map(([name, field]) => `${name}: ${compact(field)}`)
      .join(', ')}}`;
  return String(value);
}
