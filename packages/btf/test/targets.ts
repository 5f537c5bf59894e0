import type { FuzzTarget } from '../../codec/test/fuzz.ts';
import { btfFromElf, parseBtf } from '../src/index.ts';
import {
  typesOf,
  useAllReaders,
  useAllTypes,
  useExt,
  useValue,
  useVariables,
  valueCodecs,
  valueSeeds,
  withTypes,
} from './hostile.ts';
import { testdata } from './testdata.ts';

const btf = testdata('types.btf');
const base = parseBtf(btf);
const objects = [testdata('types.bpfel.o'), testdata('types.bpfeb.o')];
const codecs = valueCodecs(parseBtf(btf));

export const crashers = new URL('../testdata/crashers/', import.meta.url);

export const targets: readonly FuzzTarget[] = [
  { name: 'parseBtf', share: 1_500, seeds: [btf], run: (input) => useAllTypes(parseBtf(input)) },
  { name: 'btfFromElf', share: 500, seeds: objects, run: (input) => useAllTypes(btfFromElf(input)) },
  { name: 'elfVariables', share: 2_000, seeds: objects, run: useAllVariables },
  {
    // With a header that is always right, more inputs get as far as their types.
    name: 'types',
    share: 3_500,
    seeds: [typesOf(btf)],
    run: (input) => useAllTypes(parseBtf(withTypes(btf, input))),
  },
  { name: 'split', share: 500, seeds: [btf], run: (input) => useAllTypes(parseBtf(input, { base })) },
  { name: 'btfExt', share: 500, seeds: objects, run: useExt },
  { name: 'readers', share: 300, seeds: [btf], run: (input) => useAllReaders(parseBtf(input)) },
  {
    name: 'values',
    share: 3_000,
    seeds: valueSeeds(codecs),
    run: (input) => useValue(codecs, input, 'little'),
  },
  {
    name: 'values-big',
    share: 1_000,
    seeds: valueSeeds(codecs),
    run: (input) => useValue(codecs, input, 'big'),
  },
];

function useAllVariables(elf: Uint8Array): void {
  for (const section of ['.rodata', '.bss', '.data']) useVariables(elf, section);
}
