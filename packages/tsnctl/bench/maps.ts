// npm run -s bench:maps [-- --quick] [-- -o json]
// What libbpf-ts costs: dumps beside bpftool, an element beside the bare system call, events of a ring buffer.
import { requireBpf, requireRoot } from '@tsnctl/proxy';
import { dump } from './maps/dump.ts';
import { get } from './maps/get.ts';
import { memory } from './maps/memory.ts';
import { ring } from './maps/ring.ts';
import { quickness, runBench } from './run-bench.ts';

await runBench({
  name: 'bench:maps',
  measures: 'maps and ring buffers beside bpftool and bare system calls',
  require() {
    requireRoot();
    requireBpf();
  },
  efforts: quickness,
  parts: [
    { title: 'events of a ring buffer', run: ring },
    { title: 'one element of an array', run: get },
    { title: 'memory of a long iteration', run: memory },
    { title: 'dumps of whole maps', run: dump },
  ],
});
