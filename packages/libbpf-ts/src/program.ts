import { decode } from '@tsnctl/codec';
import { addressOf, Fd } from '@tsnctl/linux';
import { idAttr, progInfo, testRunAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { kernelName, objectInfo } from './info.ts';
import { BpfLink, type TcxTarget } from './link.ts';
import { openPin, pin } from './pin.ts';

/** What a test run gave back: the program's return value, the packet, and the mean time of a run. */
export interface TestRun {
  returned: number;
  data: Uint8Array;
  durationNs: number;
}

/** A loaded BPF program. */
export class BpfProgram implements Disposable {
  readonly #fd: Fd;

  /** Takes over `fd`. */
  constructor(fd: Fd) {
    this.#fd = fd;
  }

  static fromId(id: number): BpfProgram {
    return new BpfProgram(new Fd(bpf('PROG_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result));
  }

  static pinned(path: string): BpfProgram {
    return new BpfProgram(openPin(path, 'program'));
  }

  get fd(): number {
    return this.#fd.number;
  }

  /** Id, name (at most 15 characters) and tag (a hash over the instructions, as bpftool shows it). */
  info(): { id: number; name: string; tag: string } {
    const { id, name, tag } = objectInfo(this.fd, progInfo);
    return {
      id,
      name: kernelName(name),
      tag: tag.map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    };
  }

  /** Attach to tcx on one side of an interface. Since kernel 6.6. Equivalent to: bpftool net attach tcx_... */
  attachTcx(target: TcxTarget): BpfLink {
    return BpfLink.createTcx(this.fd, target);
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  /** Run the program on a packet of at least 14 bytes, in the namespace of this thread (BPF_PROG_TEST_RUN). */
  testRun(data: Uint8Array, options: { context?: Uint8Array; repeat?: number } = {}): TestRun {
    const { context, repeat = 1 } = options;
    const out = new Uint8Array(data.byteLength + 256);
    const { attr } = bpf('PROG_TEST_RUN', testRunAttr, {
      progFd: this.fd,
      retval: 0,
      dataSizeIn: data.byteLength,
      dataSizeOut: out.byteLength,
      dataIn: addressOf(data),
      dataOut: addressOf(out),
      repeat,
      durationNs: 0,
      ctxSizeIn: context?.byteLength ?? 0,
      ctxSizeOut: 0,
      ctxIn: context ? addressOf(context) : 0n,
      ctxOut: 0n,
      flags: 0,
      cpu: 0,
      batchSize: 0,
    });
    const answer = decode(testRunAttr, attr);
    return {
      returned: answer.retval | 0,
      data: out.slice(0, answer.dataSizeOut),
      durationNs: answer.durationNs,
    };
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}
