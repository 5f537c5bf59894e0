// npm run -s bench:maps [-- --quick] [-- -o json]
// What libbpf-ts costs: dumps beside bpftool, an element beside the bare system call, events of a ring buffer.
import { requireBpf, requireRoot } from '@tsnctl/proxy';
import { dumpPart } from './maps/dump.ts';
import { getPart } from './maps/get.ts';
import { memoryPart } from './maps/memory.ts';
import { ringPart } from './maps/ring.ts';
import { runBench } from './run-bench.ts';

await runBench('bench:maps', 'measure maps and ring buffers beside bpftool and bare system calls', [
  () => {
    requireRoot();
    requireBpf();
    return [];
  },
  ringPart,
  getPart,
  memoryPart,
  dumpPart,
]);
