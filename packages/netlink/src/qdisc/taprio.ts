import {
  attrs,
  type Codec,
  i64,
  list,
  mapped,
  nest,
  repeat,
  type UnknownAttr,
  u8,
  u32,
  u64,
} from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { type Named, named } from '../named.ts';
import { refuse } from '../refuse.ts';
import { type Word, words } from '../words.ts';
import { type Clock, clock } from './clock.ts';
import type { QdiscKind } from './kind.ts';
import { type FramePreemption, framePreemption, preemptionLetter } from './preemption.ts';
import {
  checkPriorityMap,
  type PriorityMap,
  prioritiesOf,
  priorityMapStruct,
  priorityMapWords,
  readPriorityMap,
  txQueueOf,
  writePriorityMap,
} from './priority-map.ts';

/** TC_TAPRIO_CMD_* in linux/pkt_sched.h, by the letters of tc(8): set the gates; and hold, or release, preemption. */
const commands = { S: 0, H: 1, R: 2 } as const;

/** What holds for `intervalNs`: the gates of the traffic classes whose bits are set are open. */
export interface TaprioEntry {
  readonly command: Named<typeof commands>;
  readonly gateMask: number;
  readonly intervalNs: number;
  readonly unknown?: readonly UnknownAttr[];
}

/** A cycle of gates. */
export interface TaprioSchedule {
  /** When it begins, in the qdisc's clock. In the past: at the next whole number of cycles from then. */
  readonly baseTimeNs?: bigint | undefined;
  /** The sum of the intervals unless told. */
  readonly cycleTimeNs?: bigint | undefined;
  readonly cycleTimeExtensionNs?: bigint | undefined;
  readonly entries?: readonly TaprioEntry[] | undefined;
  readonly unknown?: readonly UnknownAttr[] | undefined;
}

/** What is asked of one traffic class. */
export interface TaprioClass {
  readonly tc: number;
  /** Larger packets are dropped (IEEE 802.1Qbv queueMaxSDU); 0 is no limit. Linux 6.1. */
  readonly maxSduBytes?: number;
  /** With full offload only. Linux 6.4. */
  readonly preemption?: FramePreemption;
  readonly unknown?: readonly UnknownAttr[];
}

/** tc-taprio(8). In a spec the schedule is the one to come; in an answer the one in force, and `admin` the one to come. */
export interface TaprioOptions extends PriorityMap, TaprioSchedule {
  readonly clockid?: Clock;
  /** TCA_TAPRIO_ATTR_FLAG_*: 1 assists launch times, 2 is full offload to the NIC, which takes no clockid. */
  readonly flags?: number;
  /** With flags 1: how far ahead of its launch time a packet must reach the etf below. */
  readonly txtimeDelayNs?: number;
  readonly classes?: readonly TaprioClass[];
  readonly admin?: TaprioSchedule;
  readonly unknown?: readonly UnknownAttr[];
}

// TCA_TAPRIO_SCHED_ENTRY_* in linux/pkt_sched.h; an index is only told, and it is the place in the list
const entry = mapped(
  attrs({ index: [1, u32], command: [2, named(u8, commands)], gateMask: [3, u32], intervalNs: [4, u32] }),
  ({ index: _, command = 'S', gateMask = 0, intervalNs = 0, unknown }): TaprioEntry =>
    compact({ command, gateMask, intervalNs, unknown }),
  ({ command, gateMask, intervalNs, unknown }) => ({ command, gateMask, intervalNs, unknown }),
);

// TCA_TAPRIO_TC_ENTRY_* in linux/pkt_sched.h
const classEntry = attrs({ tc: [1, u32], maxSduBytes: [2, u32], preemption: [3, framePreemption] });

/** Gates by time (IEEE 802.1Qbv). It opens them by priority; launch times are for the etf below it. */
export const taprio: QdiscKind<TaprioOptions> = {
  kind: 'taprio',
  multiClass: true,
  clock: 'none',
  timeAware: true,
  rootOnly: true,
  options: options(),
  check,
  fields: { 'priorityMap.*': 'map' },
  words: (spec) => [
    ...priorityMapWords(spec),
    ...words({
      'base-time': spec.baseTimeNs,
      'cycle-time': spec.cycleTimeNs,
      'cycle-time-extension': spec.cycleTimeExtensionNs,
    }),
    ...(spec.entries ?? []).flatMap(({ command, gateMask, intervalNs }) => [
      'sched-entry',
      command,
      gateMask.toString(16).padStart(2, '0'),
      intervalNs,
    ]),
    ...words({
      clockid: spec.clockid,
      flags: spec.flags === undefined ? undefined : `0x${spec.flags.toString(16)}`,
      'txtime-delay': spec.txtimeDelayNs,
    }),
    ...classWords(spec.classes),
  ],
  // TCA_TAPRIO_OFFLOAD_STATS_* in linux/pkt_sched.h, Linux 6.5: only where the NIC's driver counts
  appStats: attrs({ windowDrops: [2, u64], txOverruns: [3, u64] }),
  txQueueOf,
  prioritiesOf,
};

function check(spec: TaprioOptions): void {
  checkPriorityMap(spec);
  if (!spec.entries?.length) {
    refuse(
      'options.entries',
      'a schedule needs entries',
      "such as { command: 'S', gateMask: 1, intervalNs: 300_000 }",
    );
  }
  if (((spec.flags ?? 0) & FULL_OFFLOAD) !== 0 && spec.clockid !== undefined) {
    refuse(
      'options.clockid',
      "with full offload the clock is the NIC's",
      'without clockid, or without flags: 2',
    );
  }
}

/** TCA_TAPRIO_ATTR_FLAG_FULL_OFFLOAD in linux/pkt_sched.h */
const FULL_OFFLOAD = 2;

function options(): Codec<TaprioOptions> {
  // TCA_TAPRIO_ATTR_* in linux/pkt_sched.h
  const schedule = {
    entries: [2, nest(list(entry, 1))],
    baseTimeNs: [3, i64],
    cycleTimeNs: [8, i64],
    cycleTimeExtensionNs: [9, i64],
  } as const;
  const table = attrs({
    priorityMap: [1, priorityMapStruct],
    clockid: [5, clock],
    ...schedule,
    admin: [7, attrs(schedule)],
    flags: [10, u32],
    txtimeDelayNs: [11, u32],
    classes: [12, repeat(nest(classEntry))],
  });
  return mapped(
    table,
    ({ priorityMap, classes, ...raw }) =>
      compact({
        ...(priorityMap ? readPriorityMap(priorityMap) : { numTc: 0, map: [] }),
        ...raw,
        classes: classes?.map(({ tc = 0, ...of }) => compact({ tc, ...of })),
      }),
    (spec, fail) => ({
      clockid: spec.clockid,
      flags: spec.flags,
      priorityMap: writePriorityMap(spec, 0, fail),
      txtimeDelayNs: spec.txtimeDelayNs,
      baseTimeNs: spec.baseTimeNs,
      cycleTimeNs: spec.cycleTimeNs,
      cycleTimeExtensionNs: spec.cycleTimeExtensionNs,
      classes: spec.classes && [...spec.classes],
      entries: spec.entries && [...spec.entries],
      admin: spec.admin && { ...spec.admin, entries: spec.admin.entries && [...spec.admin.entries] },
      unknown: spec.unknown,
    }),
  );
}

/** tc(8) wants them for all classes up to the last that is named. */
function classWords(classes: readonly TaprioClass[] = []): Word[] {
  const of = (tc: number) => classes.find((it) => it.tc === tc);
  const tcs = Array.from({ length: Math.max(0, ...classes.map(({ tc }) => tc + 1)) }, (_, tc) => of(tc));
  const isSaid = (name: 'maxSduBytes' | 'preemption') => classes.some((it) => it[name] !== undefined);
  return [
    ...(isSaid('maxSduBytes') ? ['max-sdu', ...tcs.map((it) => it?.maxSduBytes ?? 0)] : []),
    ...(isSaid('preemption') ? ['fp', ...tcs.map((it) => preemptionLetter(it?.preemption))] : []),
  ];
}
