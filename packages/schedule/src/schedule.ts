import type { Clock } from '@tsnctl/netlink';

/** A clock by its name here, and by tc(8)'s. */
export const clocks = {
  tai: 'CLOCK_TAI',
  monotonic: 'CLOCK_MONOTONIC',
  realtime: 'CLOCK_REALTIME',
  boottime: 'CLOCK_BOOTTIME',
} as const satisfies Record<string, Clock>;
export type ClockName = keyof typeof clocks;

/** What a schedule makes of an interface's root. */
export const scheduleKinds = [
  'taprio',
  'mqprio',
  'etf',
  'cbs',
  'fq',
  'fq_codel',
  'mq',
  'prio',
  'pfifo_fast',
  'tbf',
  'pfifo',
  'bfifo',
  'noqueue',
] as const;
export type ScheduleKind = (typeof scheduleKinds)[number];

/** Who keeps the times: software; software by launch times, for an etf below; the NIC. */
export const offloads = ['none', 'txtime-assist', 'full'] as const;
export type Offload = (typeof offloads)[number];

/** A schedule as a file has it, with its numbers in base units. The names of fields are the file's keys. */
export interface Schedule {
  readonly qdisc: ScheduleKind;
  readonly dev?: string | undefined;
  readonly linkSpeed?: bigint | undefined;
  /** In which base time, gates and launch times are. */
  readonly clock: ClockName;
  readonly offload: Offload;
  readonly txtimeDelay?: number | undefined;
  readonly baseTime: bigint;
  /** The sum of the gates unless told. */
  readonly cycle?: bigint | undefined;
  readonly cycleExtension?: bigint | undefined;
  /** All gates closed for so long before each window that is computed for a class with streams. */
  readonly guardBand?: number | undefined;
  /** With which priority the clock's own messages are sent. */
  readonly ptpPriority: number;
  /** What the NIC can take, where its driver does not say. */
  readonly maxGates?: number | undefined;
  /** A class's number is its place. Where several gates are open, the highest number goes first. */
  readonly classes: readonly ScheduleClass[];
  readonly gates: readonly Gate[];
  readonly streams: readonly Stream[];
  readonly etf?: EtfSettings | undefined;
  readonly cbs?: CbsSettings | undefined;
  readonly fq?: FqSettings | undefined;
  readonly tbf?: TbfSettings | undefined;
  readonly limit?: number | undefined;
}

export interface ScheduleClass {
  readonly name: string;
  readonly priorities: readonly number[];
  readonly queues: ClassQueues;
  /** Of the frame, from its addresses to its checksum, in bytes. Larger ones are dropped. */
  readonly maxFrame?: number | undefined;
  readonly etf?: EtfSettings | undefined;
  readonly cbs?: CbsSettings | undefined;
}

/** TX queues: `count` of them from `first` on; after those of the class before, unless told. */
export interface ClassQueues {
  readonly count: number;
  readonly first?: number | undefined;
}

/** For `for` nanoseconds the gates in `open` are open: a mask of class numbers. */
export interface Gate {
  readonly open: number;
  readonly for: number;
  /** Frame preemption (IEEE 802.1Qbu) from here on: held back, or released. */
  readonly preemption?: 'hold' | 'release' | undefined;
}

/** Frames of at most `size` bytes, at least `period` apart, that shall be gone `deadline` after they came. */
export interface Stream {
  readonly name: string;
  /** The class's number. */
  readonly class: number;
  readonly period: bigint;
  readonly size: number;
  readonly deadline?: bigint | undefined;
}

export interface EtfSettings {
  readonly delta: number;
  readonly offload: boolean;
  readonly deadlineMode: boolean;
  readonly skipSockCheck: boolean;
}

/** Slopes in bits a second, credits in bytes. What is missing follows from the link speed and the largest frames. */
export interface CbsSettings {
  readonly idleSlope: bigint;
  readonly sendSlope?: bigint | undefined;
  readonly hiCredit?: number | undefined;
  readonly loCredit?: number | undefined;
  readonly offload: boolean;
}

/** No faster than a rate, in bits a second, but for `burst` bytes; `limit` bytes may wait. */
export interface TbfSettings {
  readonly rate: bigint;
  readonly burst: number;
  readonly limit: number;
}

export interface FqSettings {
  readonly limit?: number | undefined;
  readonly flowLimit?: number | undefined;
  readonly buckets?: number | undefined;
  readonly quantum?: number | undefined;
  readonly initialQuantum?: number | undefined;
  readonly maxRate?: bigint | undefined;
  readonly pacing?: boolean | undefined;
  readonly timerSlack?: number | undefined;
  readonly horizon?: bigint | undefined;
  readonly horizonDrop?: boolean | undefined;
}

/** The class of a priority: one that no class names goes to class 0. */
export function classOfPriority(classes: readonly ScheduleClass[], priority: number): number {
  return Math.max(
    0,
    classes.findIndex(({ priorities }) => priorities.includes(priority)),
  );
}

/** The TX queues of each class, one after the other where it is not told. */
export function queuesOf(classes: readonly ScheduleClass[]): { count: number; offset: number }[] {
  let next = 0;
  return classes.map(({ queues: { count, first = next } }) => {
    next = first + count;
    return { count, offset: first };
  });
}

/** How many TX queues the classes need. */
export function queuesNeeded(classes: readonly ScheduleClass[]): number {
  return Math.max(0, ...queuesOf(classes).map(({ count, offset }) => offset + count));
}
