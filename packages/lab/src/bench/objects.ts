import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BpfObject } from 'libbpf-ts';

/** Open an object of bpf/bench, to be loaded. */
export function openBench(name: 'empty' | 'reference' | 'parts'): BpfObject {
  const path = fileURLToPath(import.meta.resolve(`@tsnctl/bpf/bench/${name}.bpf.o`));
  return BpfObject.open(readFileSync(path), name);
}
