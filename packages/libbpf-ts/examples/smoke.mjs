// node smoke.mjs bench.bpf.o
// The libraries as they are installed: types of the kernel, and as root a map, a program and a ring buffer.
import { readFileSync } from 'node:fs';
import { codecFor, parseBtf } from '@tsnctl/btf';
import { BpfObject, probe } from 'libbpf-ts';

const vmlinux = '/sys/kernel/btf/vmlinux';
const btf = parseBtf(new Uint8Array(readFileSync(vmlinux)));
const { size } = codecFor(btf, btf.find('sk_buff', 'struct'));
console.log(`struct sk_buff has ${size} bytes;`, process.getuid() === 0 ? useBpf() : 'no root, no BPF');

function useBpf() {
  const object = BpfObject.open(readFileSync(process.argv[2]), 'bench').setConstants({ burst: 3 }).load();
  const map = object.map('table');
  map.set(1, { packets: 1n, bytes: 1500n, last_ns: 0n, priority: 3, state: 'OPEN' });
  const program = object.program('sending');
  program.testRun(new Uint8Array(64));
  const ring = object.ringBuffer('events', { type: 'event', dropped: 'dropped' });
  const numbers = [];
  ring.drain(({ number }) => numbers.push(number));
  const said = `${map.get(1).state} with priority ${map.get(1).priority}, events ${numbers}, ringbuf since ${probe('ringbuf').since}`;
  for (const each of [ring, program, map, object]) each[Symbol.dispose]();
  return said;
}
