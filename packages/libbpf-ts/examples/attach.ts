// Attach a program to an interface: by tcx where the kernel has it, by a clsact filter elsewhere.
import { readFileSync } from 'node:fs';
import { BpfObject, probe } from 'libbpf-ts';

const [, , file = 'bench.bpf.o', ifindex = '1'] = process.argv;
using object = BpfObject.open(readFileSync(file), 'bench').load();
using program = object.program('sending');
const target = { ifindex: Number(ifindex), direction: 'egress' } as const;

using _attached = probe('tcx').supported ? program.attachTcx(target) : program.attachClsact(target);
console.log(`${program.info().name} runs at the egress of interface ${ifindex}, until this program ends`);
