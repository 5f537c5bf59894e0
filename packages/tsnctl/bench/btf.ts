// npm run -s bench:btf [-- --quick] [-- -o json]
// What BTF costs: one type of the kernel beside bpftool's dump, and reading values by code made for their type.
import { cold } from './btf/cold.ts';
import { read } from './btf/read.ts';
import { quickness, runBench } from './run-bench.ts';

await runBench({
  name: 'bench:btf',
  measures: 'finding and reading types, beside bpftool',
  efforts: quickness,
  parts: [
    { title: "one of the kernel's types, from nothing", run: cold },
    { title: 'a value of a small struct', run: read },
  ],
});
