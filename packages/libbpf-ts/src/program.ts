import { decode } from '@tsnctl/codec';
import { Fd } from '@tsnctl/linux';
import { idAttr, progInfo, testRunAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { kernelName, objectInfo } from './info.ts';
import { BpfLink, type TcxTarget } from './link.ts';
import { openPin, pin } from './pin.ts';

/** What a test run gave back: the program's return value (signed), the packet, and the mean time of a run. */
export interface TestRun {
  returned: number;
  data: Uint8Array;
  durationNs: number;
}

/** A packet can grow to this, whatever the program does: BPF_SKB_MAX_LEN and the length of an IP packet. */
const MAX_PACKET_BYTES = 1 << 16;

/** A loaded BPF program. */
export class BpfProgram implements Disposable {
  readonly #fd: Fd;

  /** Takes over `fd`. */
  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Open a program by its id, whoever loaded it; ENOENT where it has gone. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): BpfProgram {
    return new BpfProgram(new Fd(bpf('PROG_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 }).result));
  }

  /** Open a pinned program; FOREIGN_PIN where something else is pinned there. */
  static pinned(path: string): BpfProgram {
    return new BpfProgram(openPin(path, 'program'));
  }

  /** The descriptor; it stays owned by this object. */
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

  /**
   * How often it ran and for how long, over all CPUs, while `enableRunStats` or kernel.bpf_stats_enabled was on.
   * Equivalent to: bpftool prog show id ID
   */
  runStats(): { runs: bigint; timeNs: bigint } {
    const { runCount, runTimeNs } = objectInfo(this.fd, progInfo);
    return { runs: runCount, timeNs: runTimeNs };
  }

  /** Attach to tcx on one side of an interface. Since kernel 6.6. Equivalent to: bpftool net attach tcx_... */
  attachTcx(target: TcxTarget): BpfLink {
    return BpfLink.createTcx(this.fd, target);
  }

  /** Give it a path on a BPF file system, where it outlives this process. Equivalent to: bpftool prog pin id ID PATH */
  pin(path: string): void {
    pin(this.fd, path);
  }

  /**
   * Run the program on a packet of at least 14 bytes, in the namespace of this thread, `repeat` times.
   * `context` is a struct __sk_buff. Equivalent to: bpftool prog run id ID data_in FILE @throws SystemError
   */
  testRun(data: Uint8Array, options: { context?: Uint8Array; repeat?: number } = {}): TestRun {
    const { context, repeat = 1 } = options;
    const out = new Uint8Array(Math.max(data.byteLength, MAX_PACKET_BYTES) + 256);
    const { attr } = bpf('PROG_TEST_RUN', testRunAttr, {
      progFd: this.fd,
      retval: 0,
      dataSizeIn: data.byteLength,
      dataSizeOut: out.byteLength,
      dataIn: data,
      dataOut: out,
      repeat,
      durationNs: 0,
      ctxSizeIn: context?.byteLength ?? 0,
      ctxSizeOut: 0,
      ctxIn: context ?? null,
      ctxOut: null,
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
