import {
  type CbsOptions,
  type EtfOptions,
  type FqOptions,
  type MqprioOptions,
  type PrioOptions,
  type PriorityMap,
  type QdiscSpec,
  type TaprioEntry,
  type TaprioOptions,
  type TbfOptions,
  TC_H_ROOT,
} from '@tsnctl/netlink';
import { KERNEL_DEFAULT_BPS } from './context.ts';
import { largestFrame } from './largest-frame.ts';
import {
  type CbsSettings,
  classOfPriority,
  clocks,
  type EtfSettings,
  type FqSettings,
  queuesOf,
  type Schedule,
  type ScheduleKind,
} from './schedule.ts';
import { HEADER_AND_CHECKSUM_BYTES } from './wire-time.ts';

/** A qdisc and where it stands, on an interface that is not said. The root comes first, then what is below it. */
export type PlacedQdisc<Kind extends string = string> = Omit<QdiscSpec<Kind>, 'index'> & {
  readonly parent: number;
};

/** 100:, out of the way of those that the kernel chooses and that people write. */
export const ROOT_HANDLE = 0x100_0000;

export interface ToQdiscsOptions {
  /** Of the root, where the kind has one. */
  readonly handle?: number;
  /** For credits that follow from it, where the schedule does not say. */
  readonly linkSpeed?: bigint | undefined;
  readonly mtu?: number | undefined;
}

const PRIORITIES = 16;

/** The qdiscs that a schedule stands for. Streams without gates have none: see computeGates. */
export function toQdiscs(schedule: Schedule, options: ToQdiscsOptions = {}): PlacedQdisc[] {
  const { handle = ROOT_HANDLE } = options;
  const root = {
    parent: TC_H_ROOT,
    handle,
    kind: schedule.qdisc,
    options: rootOptions[schedule.qdisc](schedule, options),
  };
  return [
    root.options === undefined ? { parent: TC_H_ROOT, handle, kind: root.kind } : root,
    ...children(schedule, handle, options),
  ];
}

const none = () => undefined;

const rootOptions: Record<ScheduleKind, (schedule: Schedule, options: ToQdiscsOptions) => unknown> = {
  taprio: taprioOptions,
  mqprio: (schedule): MqprioOptions => ({
    ...priorityMap(schedule),
    hw: schedule.offload === 'full' ? 1 : 0,
  }),
  prio: prioOptions,
  etf: (schedule) => schedule.etf && etfOptions(schedule, schedule.etf),
  cbs: (schedule, options) => schedule.cbs && cbsOptions(schedule, schedule.cbs, options),
  fq: ({ fq }) => fq && fqOptions(fq),
  tbf: ({ tbf }): TbfOptions | undefined =>
    tbf && { rateBps: tbf.rate / BITS, burstBytes: tbf.burst, limitBytes: tbf.limit },
  pfifo: ({ limit }) => limit && { limitPackets: limit },
  bfifo: ({ limit }) => limit && { limitBytes: limit },
  fq_codel: none,
  mq: none,
  noqueue: none,
  pfifo_fast: none,
};

function priorityMap(schedule: Pick<Schedule, 'classes'>): PriorityMap {
  const { classes } = schedule;
  return {
    numTc: classes.length,
    map: Array.from({ length: PRIORITIES }, (_, priority) => classOfPriority(classes, priority)),
    queues: queuesOf(classes),
  };
}

/** TCA_TAPRIO_ATTR_FLAG_* in linux/pkt_sched.h */
export const flagsOf = { none: 0, 'txtime-assist': 1, full: 2 } as const;

/** What begins an entry, by tc(8)'s letter. */
export const commandOf = { hold: 'H', release: 'R' } as const;

function taprioOptions(schedule: Schedule): TaprioOptions {
  const { offload, clock, baseTime, cycle, cycleExtension, txtimeDelay, gates, classes } = schedule;
  const limited = classes.findLastIndex(({ maxFrame }) => maxFrame !== undefined) + 1;
  const sdus = classes.slice(0, limited).map(({ maxFrame }, tc) => ({
    tc, // as tc(8): all up to the last, 0 is none
    maxSduBytes: maxFrame === undefined ? 0 : maxFrame - HEADER_AND_CHECKSUM_BYTES,
  }));
  return {
    ...priorityMap(schedule),
    baseTimeNs: baseTime,
    ...(cycle !== undefined && { cycleTimeNs: cycle }),
    ...(cycleExtension !== undefined && { cycleTimeExtensionNs: cycleExtension }),
    entries: gates.map(
      ({ open, for: intervalNs, preemption }): TaprioEntry => ({
        command: preemption ? commandOf[preemption] : 'S',
        gateMask: open,
        intervalNs,
      }),
    ),
    ...(offload !== 'full' && { clockid: clocks[clock] }),
    ...(offload !== 'none' && { flags: flagsOf[offload] }),
    ...(txtimeDelay !== undefined && { txtimeDelayNs: txtimeDelay }),
    ...(sdus.length > 0 && { classes: sdus }),
  };
}

/** Band 0 goes first, and so the last class. */
function prioOptions({ classes }: Schedule): PrioOptions {
  const bandOf = (priority: number) => classes.length - 1 - classOfPriority(classes, priority);
  return {
    bands: classes.length,
    priomap: Array.from({ length: PRIORITIES }, (_, priority) => bandOf(priority)),
  };
}

function etfOptions({ clock }: Schedule, { delta, ...flags }: EtfSettings): EtfOptions {
  return { clockid: clocks[clock], deltaNs: delta, ...flags };
}

/** IEEE 802.1Q, annex L: the credits that the largest frames cost, the class's own and the others'. */
function cbsOptions(schedule: Schedule, cbs: CbsSettings, options: ToQdiscsOptions, tc?: number): CbsOptions {
  const speed = schedule.linkSpeed ?? options.linkSpeed ?? KERNEL_DEFAULT_BPS;
  const { idleSlope, sendSlope = idleSlope - speed, offload } = cbs;
  const own = BigInt(largestFrame(schedule, tc ?? -1, options.mtu));
  const others = schedule.classes.flatMap((_, other) =>
    other === tc ? [] : [largestFrame(schedule, other, options.mtu)],
  );
  const other = BigInt(Math.max(...others, others.length > 0 ? 0 : largestFrame(schedule, -1, options.mtu)));
  return {
    idleslopeKbps: Number(idleSlope / 1000n),
    sendslopeKbps: Number(sendSlope / 1000n),
    hicreditBytes: cbs.hiCredit ?? Number((other * idleSlope + speed - 1n) / speed),
    locreditBytes: cbs.loCredit ?? Number((own * sendSlope - (speed - 1n)) / speed),
    offload,
  };
}

const BITS = 8n;
const US_NS = 1000n;

function fqOptions(fq: FqSettings): FqOptions {
  const all: FqOptions = {
    limitPackets: fq.limit,
    flowLimitPackets: fq.flowLimit,
    buckets: fq.buckets,
    quantumBytes: fq.quantum,
    initialQuantumBytes: fq.initialQuantum,
    maxRateBps: fq.maxRate === undefined ? undefined : Number(fq.maxRate / BITS),
    pacing: fq.pacing,
    timerSlackNs: fq.timerSlack,
    horizonUs: fq.horizon === undefined ? undefined : Number(fq.horizon / US_NS),
    horizonDrop: fq.horizonDrop,
  } as FqOptions;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as FqOptions;
}

/** What stands in the TX queues, or the band, of each class. */
function children(schedule: Schedule, handle: number, options: ToQdiscsOptions): PlacedQdisc[] {
  const { classes, qdisc } = schedule;
  return classes.flatMap(({ etf, cbs }, tc): PlacedQdisc[] => {
    const kind = etf ? 'etf' : 'cbs';
    const settings = etf ? etfOptions(schedule, etf) : cbs && cbsOptions(schedule, cbs, options, tc);
    if (!settings) return [];
    return minorsOf(qdisc, classes, tc).map((minor) => ({ parent: handle + minor, kind, options: settings }));
  });
}

/** The qdisc's classes, as the kernel counts them, in which a class of the schedule is. */
function minorsOf(kind: ScheduleKind, classes: Schedule['classes'], tc: number): number[] {
  if (kind === 'prio') return [classes.length - tc];
  const { count, offset } = queuesOf(classes)[tc] ?? { count: 0, offset: 0 };
  return Array.from({ length: count }, (_, at) => offset + at + 1);
}
