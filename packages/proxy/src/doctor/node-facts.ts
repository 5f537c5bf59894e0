import type { Channels, Link, Qdisc } from '@tsnctl/netlink';
import type { ChainView } from '../chain/view-chain.ts';
import type { Observed, Role } from '../model.ts';
import type { Counters } from '../tables.ts';
import type { Fact } from './fact.ts';

/** Everything that doctor's checks know of a node. They look at nothing else. */
export interface NodeFacts {
  /** Where this was looked for: the BPF file system, the agent's socket. */
  readonly places: { readonly bpffs: string; readonly socket: string };
  readonly kernel: KernelFacts;
  readonly process: ProcessFacts;
  /** Version of libbpf.so.1. */
  readonly libbpf: Fact<string>;
  /** A BPF file system is mounted where our pins go. */
  readonly bpffs: Fact<boolean>;
  readonly cgroup: Fact<'unified' | 'hybrid' | 'legacy'>;
  /** By name, `net.core.default_qdisc`. */
  readonly sysctls: Readonly<Record<string, Fact<string>>>;
  /** Interfaces and what of ours stands there. */
  readonly proxy: Fact<Observed>;
  readonly links: Fact<readonly Link[]>;
  readonly qdiscs: Fact<readonly Qdisc[]>;
  /** Names of the interfaces by which packets leave the node, and why they are taken for that. */
  readonly uplinks: Fact<readonly { readonly name: string; readonly why: string }[]>;
  /** Programs on the hooks of pods' host sides and of uplinks, in the order in which they run. */
  readonly hooks: Fact<readonly HookFacts[]>;
  /** Of pods that are in the tables, by interface index. */
  readonly counters: Fact<ReadonlyMap<number, Counters>>;
  /** What is behind an interface, by its name. */
  readonly nics: Fact<Readonly<Record<string, NicFacts>>>;
  readonly time: Fact<TimeFacts>;
  /** Programs that set clocks, queues or interrupts. */
  readonly daemons: Fact<readonly Daemon[]>;
  /** Hardware clocks that chrony follows. */
  readonly phcSources: Fact<readonly PhcSource[]>;
  /** Who answers at the agent's socket; silent: it is there, and nobody does. */
  readonly agent: Fact<'answers' | 'silent' | 'absent'>;
  readonly chain: Fact<{ readonly directory: string; readonly view: ChainView }>;
  readonly cpus: Fact<CpuFacts>;
}

export interface KernelFacts {
  /** uname -r */
  readonly release: string;
  /** uname -v */
  readonly build: string;
  /** It describes its own types, at /sys/kernel/btf/vmlinux. */
  readonly btf: Fact<boolean>;
  /** Of the qdiscs that obey priorities or launch times, which there are. */
  readonly qdiscModules: Fact<Readonly<Record<string, 'loaded' | 'loadable' | 'missing'>>>;
}

export interface ProcessFacts {
  /** In effect, `CAP_NET_ADMIN`. */
  readonly capabilities: readonly string[];
  readonly seccomp: 'off' | 'strict' | 'filter';
  readonly initialUserNamespace: boolean;
  /** bpf(2) answers; what it said otherwise. */
  readonly bpf: Fact<boolean>;
}

export interface HookFacts {
  readonly interface: string;
  readonly direction: 'ingress' | 'egress';
  /** By tcx first to last, then filters. `role` is there where it is one of ours. */
  readonly programs: readonly { readonly name: string; readonly role?: Role }[];
}

export interface NicFacts {
  readonly driver?: string;
  /** The index of its hardware clock, /dev/ptpN. */
  readonly ptpClock?: number;
  /** TX queues in use. */
  readonly txQueues?: number;
  /** Those that there can be. */
  readonly maxTxQueues: number;
  /** The same by sort; absent where the driver does not tell. */
  readonly channels?: Channels;
  /** hw-tc-offload: the driver takes qdiscs into hardware; absent where it does not tell. */
  readonly tcOffload?: boolean;
  readonly interrupts: readonly { readonly irq: number; readonly cpus: string }[];
}

export interface TimeFacts {
  /** TAI minus UTC as the kernel has it, in seconds. */
  readonly taiOffsetS: number;
  /** Somebody keeps the clock (STA_UNSYNC is not set). */
  readonly synchronised: boolean;
  /** How far off it may be, as the one who keeps it says. */
  readonly maxErrorUs: number;
}

export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly command: string;
}

export interface PhcSource {
  /** /dev/ptpN */
  readonly device: string;
  /** What `chronyc sources` calls it. */
  readonly refid: string;
  /** Where it is configured. */
  readonly file: string;
  /** The second column there, where chrony could be asked: * selected, + combined, - not, x false, ~ variable, ? unusable. */
  readonly state?: string;
}

export interface CpuFacts {
  readonly online: string;
  /** isolcpus= or a cpuset's partition; empty where none is. */
  readonly isolated: string;
}
