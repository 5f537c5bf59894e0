import { Fd } from '@tsnctl/linux';
import { progLoadAttr } from './attr.ts';
import { bpfOutcome } from './bpf.ts';
import { kernelNameBytes } from './kernel-name.ts';
import { interrupted } from './load-error.ts';

export interface ProgramToLoad {
  readonly name: string;
  /** As enum bpf_prog_type numbers it. */
  readonly type: number;
  readonly license: string;
  /** As the kernel gets them, struct bpf_insn each. */
  readonly instructions: Uint8Array;
  /** Where the verifier writes what it finds. */
  readonly log?: Uint8Array;
}

/** PROG_LOAD_ATTEMPTS of libbpf. */
const ATTEMPTS = 5;
/** Bytes of a struct bpf_insn. */
export const INSTRUCTION = 8;

/** Pass a program through the verifier, again where a signal interrupts it. @throws SystemError, TsnctlError BAD_NAME */
export function loadProgram({ name, type, license, instructions, log }: ProgramToLoad): Fd {
  const attr = {
    progType: type,
    insnCount: instructions.byteLength / INSTRUCTION,
    insns: instructions,
    license: new TextEncoder().encode(`${license}\0`),
    logLevel: log ? 1 : 0,
    logSize: log?.byteLength ?? 0,
    logBuf: log ?? null,
    kernVersion: 0,
    progFlags: 0,
    progName: kernelNameBytes(name, 'program'),
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
