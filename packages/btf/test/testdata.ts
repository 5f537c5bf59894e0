import { readFileSync } from 'node:fs';
import { parseHex } from '../../codec/test/fuzz.ts';

export type TestFile = 'types.btf' | 'types.bpfel.o' | 'types.bpfeb.o' | 'relocations.o';

/** A file of testdata/, made by test/capture.ts. */
export function testdata(name: TestFile): Uint8Array {
  return parseHex(readFileSync(new URL(`../testdata/${name}.hex`, import.meta.url), 'utf8'));
}
