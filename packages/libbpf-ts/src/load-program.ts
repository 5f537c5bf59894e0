import { Fd } from '@tsnctl/linux';
import { progLoadAttr } from './attr.ts';
import { bpfOutcome } from './bpf.ts';
import { interrupted } from './load-error.ts';

export interface ProgramToLoad {
  /** At most 15 bytes of it are kept. */
  readonly name: string;
  /** As enum bpf_prog_type numbers it. */
  readonly type: number;
  readonly license: string;
  readonly instructions: Uint8Array;
  /** Where the verifier writes what it finds. */
  readonly log?: Uint8Array;
}

/** PROG_LOAD_ATTEMPTS of libbpf. */
const ATTEMPTS = 5;
const INSTRUCTION = 8; // struct bpf_insn in linux/bpf.h
const NAME = 16; // BPF_OBJ_NAME_LEN in linux/bpf.h

/** Pass a program through the verifier, again where a signal interrupts it. @throws SystemError */
export function loadProgram({ name, type, license, instructions, log }: ProgramToLoad): Fd {
  const attr = {
    progType: type,
    insnCount: instructions.byteLength / INSTRUCTION,
    insns: instructions,
    license: text(license),
    logLevel: log ? 1 : 0,
    logSize: log?.byteLength ?? 0,
    logBuf: log ?? null,
    kernVersion: 0,
    progFlags: 0,
    progName: Array.from({ length: NAME }, (_, at) => text(name).subarray(0, NAME - 1)[at] ?? 0),
    progIfindex: 0,
    expectedAttachType: 0,
  };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { result, error } = bpfOutcome('PROG_LOAD', progLoadAttr, attr);
    if (error === undefined) return new Fd(result);
    if (error.code !== 'EAGAIN') throw error;
  }
  throw interrupted(`program ${name}`);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}
