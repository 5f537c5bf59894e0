import { deepEqual, equal } from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Btf, btfFromElf, codecFor, elfSection, parseBtf } from '@tsnctl/btf';
import type { SizedCodec } from '@tsnctl/codec';
import { formatPriorities } from '@tsnctl/netlink';
import {
  typesOf,
  useAllTypes,
  useValue,
  useVariables,
  valueSeeds,
  withTypes,
} from '../../btf/test/hostile.ts';
import type { FuzzTarget } from '../../codec/test/fuzz.ts';
import {
  type Policy,
  parseDuration,
  parsePriorities,
  parseRemap,
  policyOfRow,
  policyRow,
} from '../src/policy.ts';

const bpf = dirname(fileURLToPath(import.meta.resolve('@tsnctl/bpf/package.json')));
const objects = globSync('*.bpf.o', { cwd: bpf })
  .sort()
  .map((name) => new Uint8Array(readFileSync(join(bpf, name))));
const btfs = objects.map((elf) => elfSection(elf, '.BTF') as Uint8Array);
const richest = btfs.reduce((most, btf) => (btf.length > most.length ? btf : most));
const mapCodecs = objects.flatMap((elf) => codecsOfMaps(btfFromElf(elf)));

export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  {
    name: 'parsePriorities',
    share: 3_000,
    seeds: texts('3', '3,5-6', '1-15', ' 2 - 4 , 7', '1,2,3,4,5,6,7,8,9,10,11,12,13,14,15', '4'.repeat(400)),
    run: (input) => usePriorities(parsePriorities(textOf(input))),
  },
  {
    name: 'parseRemap',
    share: 3_000,
    seeds: texts('6=3', '6=3,7=3', ' 15 = 1 , 2=2', '6=3,6=4', `6=${'0'.repeat(400)}3`),
    run: (input) => useRemap(parseRemap(textOf(input))),
  },
  {
    name: 'parseDuration',
    share: 3_000,
    seeds: texts('1ns', '500us', '20ms', '10s', '31536000s', `${'0'.repeat(400)}1s`),
    run: (input) => useDuration(parseDuration(textOf(input))),
  },
  { name: 'objectBtf', share: 250, seeds: objects, run: (input) => useAllTypes(btfFromElf(input)) },
  { name: 'objectVariables', share: 750, seeds: objects, run: (input) => useVariables(input, '.rodata') },
  {
    name: 'objectTypes',
    share: 500,
    seeds: [typesOf(richest)],
    run: (input) => useAllTypes(parseBtf(withTypes(richest, input))),
  },
  {
    name: 'mapValues',
    share: 4_000,
    seeds: valueSeeds(mapCodecs),
    run: (input) => useValue(mapCodecs, input, 'little'),
  },
];

/** The keys and values of all maps: members of the variables in `.maps` that point to the type. */
function codecsOfMaps(btf: Btf): SizedCodec<unknown>[] {
  const maps = btf.type(btf.find('.maps', 'datasec'));
  if (maps.kind !== 'datasec') return [];
  return maps.variables.flatMap(({ type }) => {
    const variable = btf.type(type);
    const map = btf.type(variable.kind === 'var' ? variable.type : 0);
    const members = map.kind === 'struct' ? map.members : [];
    return members
      .filter(({ name }) => name === 'key' || name === 'value')
      .map((member) => btf.type(member.type))
      .flatMap((pointer) => (pointer.kind === 'ptr' ? [codecFor(btf, pointer.type)] : []));
  });
}

function usePriorities(allow: number[]): void {
  deepEqual(policyOfRow(policyRow({ ...none, allow })).allow, allow);
  deepEqual(parsePriorities(formatPriorities(allow)), allow);
}

function useRemap(remap: Record<number, number>): void {
  const row = policyRow({ ...none, remap });
  const sentAs = (asked: string) => Number((row.priorities >> BigInt(Number(asked) * 4)) & 15n);
  deepEqual(Object.fromEntries(Object.keys(remap).map((asked) => [asked, sentAs(asked)])), remap);
}

/** What fits the programs' __u64 and is more than nothing. */
function useDuration(horizonNs: bigint): void {
  equal(horizonNs > 0n && BigInt.asUintN(64, horizonNs) === horizonNs, true, `${horizonNs} is no horizon`);
}

const none: Policy = { allow: [], remap: {}, horizonNs: 0n };

function texts(...all: string[]): Uint8Array[] {
  return all.map((text) => new TextEncoder().encode(text));
}

function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}
