import type {
  CbsOptions,
  EtfOptions,
  MqprioOptions,
  PrioOptions,
  PriorityMap,
  TaprioClass,
  TaprioOptions,
  TaprioSchedule,
  TbfOptions,
} from '@tsnctl/netlink';

/** What a qdisc does, so that a wish and the kernel's answer can be compared: defaults are filled in, orders are fixed. */
export type Essential = Readonly<Record<string, unknown>>;

/** How the options of a kind are made comparable. Of a kind without a row only what is wished for is compared. */
const rows: Readonly<Record<string, (options: never, other: never) => Essential>> = {
  taprio,
  mqprio,
  etf,
  cbs,
  prio,
  tbf,
};

type Row = (options: unknown, other: unknown) => Essential;

/** Whether what is there does all that is wished for. */
export function satisfies(kind: string, wanted: unknown, found: unknown): boolean {
  const row = Object.hasOwn(rows, kind) ? (rows[kind] as Row) : undefined;
  if (row) return isSaid(wanted) && isSaid(found) && equal(row(wanted, found), row(found, wanted));
  if (!isSaid(wanted)) return true;
  return (
    isSaid(found) && Object.entries(wanted).every(([name, value]) => equal(value, (found as Essential)[name]))
  );
}

/** Which parts of what is there are not as wished for. */
export function differences(kind: string, wanted: unknown, found: unknown): string[] {
  const row = Object.hasOwn(rows, kind) ? (rows[kind] as Row) : undefined;
  if (!row || !isSaid(wanted) || !isSaid(found)) return [];
  const [a, b] = [row(wanted, found), row(found, wanted)];
  return Object.keys(a).filter((part) => !equal(a[part], b[part]));
}

/** Whether the kernel can change what is there into what is wished for, without taking it away. */
export function changeable(kind: string, wanted: unknown, found: unknown): boolean {
  const fixed = Object.hasOwn(fixedParts, kind) ? fixedParts[kind] : undefined;
  if (!fixed || !isSaid(wanted) || !isSaid(found)) return false;
  const row = rows[kind] as Row;
  const [a, b] = [row(wanted, found), row(found, wanted)];
  return fixed.every((part) => equal(a[part], b[part]));
}

/** net/sched/sch_*.c: what a change refuses to change. Kinds without a row are made anew. */
const fixedParts: Readonly<Record<string, readonly string[]>> = {
  taprio: ['numTc', 'map', 'queues', 'clockid', 'flags', 'limits'], // 6.12, 7.2: new limits of a running one are not taken
  prio: [],
};

function taprio(options: TaprioOptions): Essential {
  const latest: TaprioSchedule = options.admin ?? options; // what was told last; until it begins another is in force
  const { baseTimeNs = 0n, cycleTimeNs, cycleTimeExtensionNs = 0n, entries = [] } = latest;
  const sum = entries.reduce((total, { intervalNs }) => total + BigInt(intervalNs), 0n);
  const flags = options.flags ?? 0;
  return {
    ...priorityMap(options),
    clockid: flags & FULL_OFFLOAD ? undefined : options.clockid,
    flags,
    txtimeDelayNs: options.txtimeDelayNs ?? 0,
    baseTimeNs,
    cycleTimeNs: cycleTimeNs || sum,
    cycleTimeExtensionNs,
    entries: entries.map(({ command, gateMask, intervalNs }) => [command, gateMask, intervalNs]),
    limits: limitsOf(options),
  };
}

/** TCA_TAPRIO_ATTR_FLAG_FULL_OFFLOAD in linux/pkt_sched.h */
const FULL_OFFLOAD = 2;

/** By class: the largest packet, 0 is none, and whether it is preemptible. */
function limitsOf({ numTc, classes = [] }: TaprioOptions): unknown[] {
  const of = (tc: number): Partial<TaprioClass> => classes.find((one) => one.tc === tc) ?? {};
  return Array.from({ length: numTc }, (_, tc) => [
    of(tc).maxSduBytes ?? 0,
    of(tc).preemption === 'preemptible',
  ]);
}

function mqprio({ hw, mode, shaper, minRatesBps = [], maxRatesBps = [], ...map }: MqprioOptions): Essential {
  return {
    ...priorityMap(map),
    hw: hw === 0 ? 0 : 1,
    mode: mode ?? 'dcb',
    shaper: shaper ?? 'dcb',
    minRatesBps: minRatesBps.slice(0, map.numTc),
    maxRatesBps: maxRatesBps.slice(0, map.numTc),
  };
}

function priorityMap({ numTc, map, queues = [] }: PriorityMap): Essential {
  return {
    numTc,
    map: Array.from({ length: 16 }, (_, priority) => map[priority] ?? 0),
    queues: queues.map(({ count, offset }) => [count, offset]),
  };
}

function etf({
  clockid,
  deltaNs = 0,
  offload = false,
  deadlineMode = false,
  skipSockCheck = false,
}: EtfOptions): Essential {
  return { clockid, deltaNs, offload, deadlineMode, skipSockCheck };
}

function cbs({ unknown: _, ...options }: CbsOptions): Essential {
  return options as Essential;
}

function prio({ bands, priomap }: PrioOptions): Essential {
  return { bands, priomap };
}

/** In which a kernel keeps what may leave at once: PSCHED_SHIFT in net/pkt_sched.h. */
const TICK_NS = 64n;
const SECOND_NS = 1_000_000_000n;

/** The kernel keeps the time that a burst takes, in ticks: what it tells is up to two of these less than what it was told. */
function tbf(options: TbfOptions, other: TbfOptions): Essential {
  const tick = Number((options.rateBps * 2n * TICK_NS) / SECOND_NS) + 1;
  const isNear = Math.abs(options.burstBytes - other.burstBytes) <= tick;
  const { rateBps, limitBytes, peakRateBps, mtuBytes } = options;
  return { rateBps, limitBytes, peakRateBps, mtuBytes, burstBytes: isNear ? 'near' : options.burstBytes };
}

function isSaid(options: unknown): options is Essential {
  return typeof options === 'object' && options !== null && !(options instanceof Uint8Array);
}

/** Numbers, texts, lists and records, in any order of keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => equal((a as Essential)[key], (b as Essential)[key]));
}
