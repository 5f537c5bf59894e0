// Load an object, set what must be set before, and read its maps as objects.
import { readFileSync } from 'node:fs';
import { BpfObject } from 'libbpf-ts';

interface Counters {
  packets: bigint;
  bytes: bigint;
  last_ns: bigint;
  priority: number;
  state: string;
}

const [, , file = 'bench.bpf.o'] = process.argv;
using object = BpfObject.open(readFileSync(file), 'bench')
  .setConstants({ burst: 10 })
  .setMaxEntries('flows', 4096)
  .load();
using table = object.map<number, Counters>('table');

table.set(7, { packets: 1n, bytes: 1500n, last_ns: 0n, priority: 3, state: 'OPEN' });
for (const [index, { packets, state }] of table) {
  if (packets > 0n) console.log(`${index}: ${packets} packets, ${state}`);
}
