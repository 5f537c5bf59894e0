import { BpfMap, BpfProgram } from 'libbpf-ts';

// Somebody else's programs and maps, made without libbpf.

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
  return BpfMap.create({
    type: 'array',
    name,
    keySize: 4,
    valueSize: shape.valueSize,
    maxEntries: shape.entries,
  });
}

function load(name: string, code: readonly Uint8Array[]): BpfProgram {
  return BpfProgram.create({ type: 'sched_cls', name, instructions: Buffer.concat(code) });
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
