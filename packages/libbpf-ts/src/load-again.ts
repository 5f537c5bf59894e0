import type { Fd } from '@tsnctl/linux';
import { elementAttr, mapFreezeAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { INSTRUCTION, loadProgram, type ProgramToLoad } from './load-program.ts';
import { createMap } from './map-create.ts';

/** Its instructions as the kernel got them: relocated, with descriptors of maps in them. */
export interface LoadedProgram extends ProgramToLoad {
  /** The descriptor of its map of constants. */
  readonly constants: number;
}

const LD_IMM64 = 0x18; // BPF_LD | BPF_IMM | BPF_DW
const PSEUDO_MAP_VALUE = 2; // BPF_PSEUDO_MAP_VALUE in linux/bpf.h
const RDONLY_PROG = 1 << 7; // BPF_F_RDONLY_PROG

/** Load a program that is loaded already once more, with other constants; its other maps are shared. @throws SystemError */
export function loadAgain(program: LoadedProgram, constants: Uint8Array): Fd {
  using map = constantMap(constants);
  const instructions = program.instructions.slice();
  const view = new DataView(instructions.buffer);
  for (let at = 0; at < instructions.byteLength; at += INSTRUCTION) {
    const [code = 0, registers = 0] = instructions.subarray(at, at + 2);
    if (code !== LD_IMM64) continue;
    const isConstants =
      registers >> 4 === PSEUDO_MAP_VALUE && view.getInt32(at + 4, true) === program.constants;
    if (isConstants) view.setInt32(at + 4, map.number, true);
    at += INSTRUCTION; // the upper half of the value
  }
  const { name, type, license } = program;
  return loadProgram({ name: name.slice(0, 15), type, license, instructions });
}

/** Frozen: only then the verifier takes the values for constants. */
function constantMap(bytes: Uint8Array): Fd {
  const map = createMap({
    type: 'array',
    keySize: 4,
    valueSize: bytes.byteLength,
    maxEntries: 1,
    flags: RDONLY_PROG,
  });
  const key = new Uint8Array(4);
  bpf('MAP_UPDATE_ELEM', elementAttr, { mapFd: map.number, key, value: bytes, flags: 0n });
  bpf('MAP_FREEZE', mapFreezeAttr, { mapFd: map.number });
  return map;
}
