import { type Btf, type BtfMember, resolve } from '@tsnctl/btf';
import type { BpfMap } from '../src/map.ts';

/** Entries as `bpftool -j map dump` has them in `formatted`, by the types of the map's BTF. */
export function asBpftool(
  map: BpfMap,
  types: { key: number; value: number },
  entries: readonly [unknown, unknown][],
) {
  const btf = map.btf as Btf;
  const show = (type: number, value: unknown) => (type === 0 ? value : shown(btf, type, value));
  return entries.map(([key, value]) => ({
    key: show(types.key, key),
    ...(map.copies > 1
      ? { values: (value as unknown[]).map((one, cpu) => ({ cpu, value: show(types.value, one) })) }
      : { value: show(types.value, value) }),
  }));
}

/** Numbers that are no safe integers are bigints, as the text has them. */
export function parseExactly(json: string): unknown {
  const exact = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? BigInt(context?.source ?? 0) : value;
  return JSON.parse(json, exact as (key: string, value: unknown) => unknown);
}

function shown(btf: Btf, id: number, value: unknown): unknown {
  const type = resolve(btf, id);
  switch (type.kind) {
    case 'var':
      return shown(btf, type.type, value);
    case 'ptr':
      return value === 0n ? 0 : `0x${(value as bigint).toString(16)}`;
    case 'array': {
      const element = resolve(btf, type.type);
      const all = value as unknown[];
      if (element.kind === 'int' && element.name === 'char') return chars(all as number[]);
      return all.map((one) => shown(btf, type.type, one));
    }
    case 'struct':
    case 'union':
      return Object.assign(
        {},
        ...type.members.map((member) => field(btf, member, value as Record<string, unknown>)),
      );
    case 'datasec': {
      const variables = type.variables.map(({ type: variable }) => {
        const { name } = btf.type(variable) as { name: string };
        return { [name]: shown(btf, variable, (value as Record<string, unknown>)[name]) };
      });
      return { [type.name]: variables };
    }
    default:
      return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
}

function field(btf: Btf, { name, type, bitSize }: BtfMember, value: Record<string, unknown>): object {
  if (bitSize > 0)
    return { [name]: `0x${BigInt.asUintN(bitSize, BigInt(value[name] as number)).toString(16)}` };
  return { [name]: shown(btf, type, value[name]) };
}

/** Text, if it is one. */
function chars(all: readonly number[]): unknown {
  const end = all.indexOf(0);
  const printable = end >= 0 && all.slice(0, end).every((char) => char >= 0x20 && char < 0x7f);
  return printable && all.slice(end).every((char) => char === 0)
    ? String.fromCharCode(...all.slice(0, end))
    : all;
}
