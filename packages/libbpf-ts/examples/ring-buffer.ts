// Events of a program, one after the other, without a thread and without a callback.
import { readFileSync } from 'node:fs';
import { BpfObject } from 'libbpf-ts';

interface Event {
  number: bigint;
  flow: number;
  priority: number;
}

const [, , file = 'bench.bpf.o'] = process.argv;
using object = BpfObject.open(readFileSync(file), 'bench').setConstants({ burst: 3 }).load();
using program = object.program('sending');
using ring = object.ringBuffer<Event>('events', { type: 'event', dropped: 'dropped' });

program.testRun(new Uint8Array(64)); // a packet of 64 zeros
for await (const { number, flow, priority } of ring) {
  console.log(`event ${number}: flow ${flow}, priority ${priority}`);
  if (number === 2n) break;
}
console.log(`${ring.stats().dropped} were dropped`);
