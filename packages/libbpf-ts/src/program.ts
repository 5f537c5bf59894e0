import { decode } from '@tsnctl/codec';
import { Fd } from '@tsnctl/linux';
import { idAttr, progInfo, testRunAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { ClsactFilter, type ClsactTarget } from './clsact.ts';
import { supported } from './features.ts';
import { objectIds } from './ids.ts';
import { objectInfo } from './info.ts';
import { kernelName } from './kernel-name.ts';
import { BpfLink, type NetkitTarget, type TcxTarget } from './link.ts';
import { loadProgram } from './load-program.ts';
import { openPin, pin } from './pin.ts';
import { type ProgramType, programTypes } from './program-types.ts';

/** What a test run gave back: the program's return value (signed), the packet, and the mean time of a run. */
export interface TestRun {
  returned: number;
  data: Uint8Array;
  durationNs: number;
}

/** What the kernel says of a program. */
export interface BpfProgramInfo {
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  /** A hash over the instructions, as bpftool shows it. */
  readonly tag: string;
  /** As bpftool spells it: `sched_cls`. */
  readonly type: string;
  /** Nanoseconds since boot. */
  readonly loadedAtNs: bigint;
  readonly uid: number;
  /** Bytes of machine code; 0 where it is interpreted. */
  readonly jitedBytes: number;
  readonly mapIds: readonly number[];
  /** 0 where it was loaded without. */
  readonly btfId: number;
  /** How often it ran and how long altogether, while run-time statistics were on; see enableRunStats. */
  readonly runs: bigint;
  readonly runTimeNs: bigint;
}

/** A program to be loaded. */
export interface ProgramSpec {
  readonly type: ProgramType;
  /** At most 15 letters, digits, dots and underscores. */
  readonly name: string;
  readonly instructions: Uint8Array;
  /** `GPL` unless told. */
  readonly license?: string;
}

/** A packet can grow to this, whatever the program does: BPF_SKB_MAX_LEN and the length of an IP packet. */
const MAX_PACKET_BYTES = 1 << 16;

/**
 * A loaded BPF program.
 *
 *     using program = object.program('sending');
 *     const { returned, durationNs } = program.testRun(new Uint8Array(64), { repeat: 1000 });
 */
export class BpfProgram implements Disposable {
  readonly #fd: Fd;

  /** Takes over `fd`. */
  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /**
   * Load instructions that were written by hand, without an object: struct bpf_insn each.
   *
   *     const allow = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0); // r0 = 0; exit
   *     using nothing = BpfProgram.create({ type: 'sched_cls', name: 'nothing', instructions: allow });
   *
   * @throws SystemError, TsnctlError BAD_NAME
   */
  static create({ type, license = 'GPL', ...spec }: ProgramSpec): BpfProgram {
    return new BpfProgram(loadProgram({ ...spec, type: programTypes.indexOf(type), license }));
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
    return { id, name: kernelName(name), tag: hex(tag) };
  }

  /** All that the kernel says of it, run-time statistics among it. Equivalent to: bpftool prog show id ID */
  describe(): BpfProgramInfo {
    const { mapCount, mapIds: _, ...info } = objectInfo(this.fd, progInfo);
    const ids = new Uint32Array(mapCount);
    if (mapCount > 0) objectInfo(this.fd, progInfo, { ...noProgram, mapCount, mapIds: ids });
    return {
      id: info.id,
      name: kernelName(info.name),
      tag: hex(info.tag),
      type: programTypes[info.type] ?? `type ${info.type}`,
      loadedAtNs: info.loadTime,
      uid: info.createdByUid,
      jitedBytes: info.jitedLength,
      mapIds: [...ids],
      btfId: info.btfId,
      runs: info.runCount,
      runTimeNs: info.runTimeNs,
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
    return supported('tcx', () => BpfLink.createTcx(this.fd, target));
  }

  /**
   * Attach to a netkit pair. Since kernel 6.7. Equivalent to: bpftool net attach netkit_... @throws SystemError,
   * TsnctlError UNSUPPORTED where the kernel has no netkit
   */
  attachNetkit(target: NetkitTarget): BpfLink {
    return supported('netkit', () => BpfLink.createNetkit(this.fd, target));
  }

  /**
   * Attach as a filter of a clsact qdisc, which is made if it is missing; taken off when the result is disposed.
   * On every kernel. Equivalent to: tc filter add dev NAME ingress bpf direct-action ...
   */
  attachClsact(target: ClsactTarget): ClsactFilter {
    return ClsactFilter.attach(this, target);
  }

  /** The ids of all programs of this machine. Needs CAP_SYS_ADMIN. Equivalent to: bpftool prog show */
  static ids(): Generator<number, void> {
    return objectIds('PROG_GET_NEXT_ID');
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

const noProgram = decode(progInfo, new Uint8Array(progInfo.size));

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
