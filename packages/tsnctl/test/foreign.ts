import { addressOf, Fd, systemCall } from '@tsnctl/linux';
import { BpfMap, BpfProgram } from 'libbpf-ts';

// Somebody else's programs and maps, made without libbpf: union bpf_attr in linux/bpf.h.
const NR_BPF = process.arch === 'arm64' ? 280 : 321;
const MAP_CREATE = 0;
const PROG_LOAD = 5;
const SCHED_CLS = 3;
const ARRAY = 2;

const syscall = systemCall('long syscall(long number, int command, _Inout_ void *attr, uint32_t size)');

const ALLOW = [insn(0xb7, 0x00, 0, -1), insn(0x95, 0, 0, 0)]; // r0 = TCX_NEXT; exit
const PRIORITY_OFFSET = 32; // of __sk_buff

/** A tcx program that does nothing. */
export function idleProgram(name = 'foreign'): BpfProgram {
  return load(name, ALLOW);
}

/** A tcx program that clears every packet's priority. */
export function clearingProgram(): BpfProgram {
  return load('clearing', [
    insn(0xb7, 0x02, 0, 0), // r2 = 0
    insn(0x63, 0x21, PRIORITY_OFFSET, 0), // r1->priority = r2
    ...ALLOW,
  ]);
}

export function arrayMap(name: string, shape: { valueSize: number; entries: number }): BpfMap {
  const attr = new Uint8Array(128);
  const view = new DataView(attr.buffer);
  for (const [at, word] of [ARRAY, 4, shape.valueSize, shape.entries].entries())
    view.setUint32(at * 4, word, true);
  const NAME_OFFSET = 28;
  attr.set(new TextEncoder().encode(name), NAME_OFFSET);
  return new BpfMap(new Fd(syscall(NR_BPF, MAP_CREATE, attr, attr.byteLength)));
}

function load(name: string, code: readonly Uint8Array[]): BpfProgram {
  const insns = Buffer.concat(code);
  const license = new TextEncoder().encode('GPL\0');
  const attr = new Uint8Array(128);
  const view = new DataView(attr.buffer);
  view.setUint32(0, SCHED_CLS, true);
  view.setUint32(4, code.length, true);
  view.setBigUint64(8, addressOf(insns), true);
  view.setBigUint64(16, addressOf(license), true);
  const NAME_OFFSET = 48;
  attr.set(new TextEncoder().encode(name), NAME_OFFSET);
  return new BpfProgram(new Fd(syscall(NR_BPF, PROG_LOAD, attr, attr.byteLength)));
}

function insn(code: number, registers: number, offset: number, immediate: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, code);
  view.setUint8(1, registers);
  view.setInt16(2, offset, true);
  view.setInt32(4, immediate, true);
  return bytes;
}
