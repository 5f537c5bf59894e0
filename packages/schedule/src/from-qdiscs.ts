import { TsnctlError } from '@tsnctl/codec';
import {
  type BfifoOptions,
  type CbsOptions,
  type Clock,
  type EtfOptions,
  type FqOptions,
  type MqprioOptions,
  type PfifoOptions,
  type PrioOptions,
  type PriorityMap,
  type TaprioOptions,
  type TbfOptions,
  TC_H_ROOT,
} from '@tsnctl/netlink';
import { MAX_CLASSES } from './raw-classes.ts';
import {
  type CbsSettings,
  type ClockName,
  clocks,
  type EtfSettings,
  type FqSettings,
  type Gate,
  type Offload,
  type Schedule,
  type ScheduleClass,
  type ScheduleKind,
  scheduleKinds,
} from './schedule.ts';
import { flagsOf, type PlacedQdisc } from './to-qdiscs.ts';
import { HEADER_AND_CHECKSUM_BYTES } from './wire-time.ts';

/**
 * The schedule that qdiscs stand for, with names for its classes. The inverse of toQdiscs, but for names, streams and
 * what is only reckoned with. @throws TsnctlError NOT_A_SCHEDULE
 */
export function fromQdiscs(qdiscs: readonly PlacedQdisc[], dev?: string): Schedule {
  const root = qdiscs.find(({ parent }) => parent === TC_H_ROOT);
  if (!root)
    throw refuse(
      'there is no root qdisc',
      'all of tc -j qdisc show dev IF, or the command for the root first',
    );
  const kind = root.kind as ScheduleKind;
  if (!scheduleKinds.includes(kind))
    throw refuse(`a ${root.kind} is not described by a schedule`, `one of ${scheduleKinds.join(', ')}`);
  const inside = qdiscs.filter(
    ({ parent }) => parent !== TC_H_ROOT && parent >>> 16 === (root.handle ?? 0) >>> 16,
  );
  const base: Schedule = {
    qdisc: kind,
    ...(dev !== undefined && { dev }),
    clock: 'tai',
    offload: 'none',
    baseTime: 0n,
    ptpPriority: 0,
    classes: [],
    gates: [],
    streams: [],
  };
  return { ...base, ...readers[kind](root.options, inside) };
}

type Inside = readonly PlacedQdisc[];

const nothing = () => ({});

const readers: Record<ScheduleKind, (options: unknown, inside: Inside) => Partial<Schedule>> = {
  taprio: (options, inside) => fromTaprio(required(options, 'taprio') as TaprioOptions, inside),
  mqprio: (options, inside) => {
    const { hw, ...map } = required(options, 'mqprio') as MqprioOptions;
    return { classes: classesOf(map, inside), offload: hw ? 'full' : 'none', ...clockOf(inside) };
  },
  prio: (options, inside) => fromPrio(required(options, 'prio') as PrioOptions, inside),
  etf: (options) => {
    const found = required(options, 'etf') as EtfOptions;
    return { etf: fromEtf(found), clock: clockName(found.clockid) };
  },
  cbs: (options) => ({ cbs: fromCbs(required(options, 'cbs') as CbsOptions) }),
  fq: (options) => (options === undefined ? {} : { fq: fromFq(options as FqOptions) }),
  tbf: (options) => {
    const { rateBps, burstBytes, limitBytes } = required(options, 'tbf') as TbfOptions;
    return { tbf: { rate: rateBps * 8n, burst: burstBytes, limit: limitBytes } };
  },
  pfifo: (options) => (options === undefined ? {} : { limit: (options as PfifoOptions).limitPackets }),
  bfifo: (options) => (options === undefined ? {} : { limit: (options as BfifoOptions).limitBytes }),
  fq_codel: nothing,
  mq: nothing,
  noqueue: nothing,
  pfifo_fast: nothing,
};

function fromTaprio(options: TaprioOptions, inside: Inside): Partial<Schedule> {
  // Until it begins, a first schedule is only the one to come.
  const { entries = [], ...times } = options.entries?.length ? options : { ...options, ...options.admin };
  const offload =
    (Object.keys(flagsOf) as Offload[]).find((name) => flagsOf[name] === (options.flags ?? 0)) ?? 'none';
  const classes = classesOf(options, inside).map((one, tc): ScheduleClass => {
    const { maxSduBytes } = options.classes?.find((entry) => entry.tc === tc) ?? {};
    return maxSduBytes ? { ...one, maxFrame: maxSduBytes + HEADER_AND_CHECKSUM_BYTES } : one;
  });
  const extension = times.cycleTimeExtensionNs;
  return {
    classes,
    clock: options.clockid === undefined ? 'tai' : clockName(options.clockid),
    offload,
    baseTime: times.baseTimeNs ?? 0n,
    ...(times.cycleTimeNs !== undefined && { cycle: times.cycleTimeNs }),
    ...(extension && { cycleExtension: extension }),
    ...(options.txtimeDelayNs && { txtimeDelay: options.txtimeDelayNs }),
    gates: entries.map(({ command, gateMask, intervalNs }): Gate => {
      const preemption = command === 'H' ? 'hold' : command === 'R' ? 'release' : undefined;
      return { open: gateMask, for: intervalNs, ...(preemption && { preemption }) };
    }),
  };
}

/** Priorities by class; the TX queues are told where they do not follow each other. */
function classesOf({ numTc, map, queues = [] }: PriorityMap, inside: Inside): ScheduleClass[] {
  let next = 0;
  return Array.from({ length: countOf(numTc, 'traffic classes') }, (_, tc): ScheduleClass => {
    const { count, offset } = queues[tc] ?? { count: 1, offset: next };
    const first = offset === next ? undefined : offset;
    next = offset + count;
    return {
      name: `class${tc}`,
      priorities: prioritiesOf(map, tc),
      queues: { count, ...(first !== undefined && { first }) },
      ...shaperAt(inside, offset + 1),
    };
  });
}

function fromPrio({ bands, priomap }: PrioOptions, inside: Inside): Partial<Schedule> {
  const classes = Array.from({ length: countOf(bands, 'bands') }, (_, tc): ScheduleClass => {
    const band = bands - 1 - tc;
    return {
      name: `class${tc}`,
      priorities: prioritiesOf(priomap, band),
      queues: { count: 1 },
      ...shaperAt(inside, band + 1),
    };
  });
  return { classes, ...clockOf(inside) };
}

/** TC_QOPT_MAX_QUEUE and TCQ_PRIO_BANDS in linux/pkt_sched.h */
function countOf(count: number, what: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CLASSES) return count;
  throw refuse(`there are no ${count} ${what}`, `1 to ${MAX_CLASSES}`);
}

function prioritiesOf(map: readonly number[], tc: number): number[] {
  return Array.from({ length: 16 }, (_, priority) => priority).filter(
    (priority) => (map[priority] ?? 0) === tc,
  );
}

function shaperAt(inside: Inside, minor: number): { etf?: EtfSettings; cbs?: CbsSettings } {
  const found = inside.find(({ parent }) => (parent & 0xffff) === minor);
  if (found?.kind === 'etf') return { etf: fromEtf(found.options as EtfOptions) };
  if (found?.kind === 'cbs') return { cbs: fromCbs(found.options as CbsOptions) };
  return {};
}

function clockOf(inside: Inside): { clock?: ClockName } {
  const etf = inside.find(({ kind }) => kind === 'etf')?.options as EtfOptions | undefined;
  return etf ? { clock: clockName(etf.clockid) } : {};
}

function fromEtf({
  deltaNs = 0,
  offload = false,
  deadlineMode = false,
  skipSockCheck = false,
}: EtfOptions): EtfSettings {
  return { delta: deltaNs, offload, deadlineMode, skipSockCheck };
}

function fromCbs(options: CbsOptions): CbsSettings {
  return {
    idleSlope: BigInt(options.idleslopeKbps) * 1000n,
    sendSlope: BigInt(options.sendslopeKbps) * 1000n,
    hiCredit: options.hicreditBytes,
    loCredit: options.locreditBytes,
    offload: options.offload,
  };
}

/** linux/pkt_sched.h: the rate that is none. */
const NO_RATE = 0xffff_ffff;

function fromFq(options: FqOptions): FqSettings {
  const all = {
    limit: options.limitPackets,
    flowLimit: options.flowLimitPackets,
    buckets: options.buckets,
    quantum: options.quantumBytes,
    initialQuantum: options.initialQuantumBytes,
    maxRate:
      options.maxRateBps === undefined || options.maxRateBps === NO_RATE
        ? undefined
        : BigInt(options.maxRateBps) * 8n,
    pacing: options.pacing,
    timerSlack: options.timerSlackNs,
    horizon: options.horizonUs === undefined ? undefined : BigInt(options.horizonUs) * 1000n,
    horizonDrop: options.horizonDrop,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as FqSettings;
}

function clockName(clockid: Clock): ClockName {
  const found = (Object.keys(clocks) as ClockName[]).find((name) => clocks[name] === clockid);
  if (found) return found;
  throw refuse(`${clockid} is no clock of a schedule`, `one of ${Object.values(clocks).join(', ')}`);
}

function required(options: unknown, kind: string): object {
  if (typeof options === 'object' && options !== null && !(options instanceof Uint8Array)) return options;
  throw refuse(`the ${kind} has no options`, 'tc -j -d qdisc show, which tells them');
}

function refuse(message: string, hint: string): TsnctlError {
  return new TsnctlError('NOT_A_SCHEDULE', message, { hint });
}
