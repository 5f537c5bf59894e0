// npm run -s bench:btf [-- --quick] [-- -o json]
// What BTF costs: one type of the kernel beside bpftool's dump, and reading values by code made for their type.
import { coldPart } from './btf/cold.ts';
import { readPart } from './btf/read.ts';
import { runBench } from './run-bench.ts';

await runBench('bench:btf', 'measure finding and reading types', [coldPart, readPart]);
