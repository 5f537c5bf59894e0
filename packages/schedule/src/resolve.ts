import type { RawSchedule } from './raw-schedule.ts';
import type { Gate, Schedule, ScheduleKind, Stream } from './schedule.ts';

/** What is wrong with a file that has the right shape, and where. */
export interface Misfit {
  readonly path: PropertyKey[];
  readonly message: string;
  readonly hint?: string;
}

/** Names to numbers, and what the parts of a file say of each other. */
export function resolve(raw: RawSchedule): { schedule: Schedule } | { problems: readonly Misfit[] } {
  const problems: Misfit[] = [];
  const names = raw.classes.map(({ name }) => name);
  const classAt = (named: string | number, path: PropertyKey[]): number => {
    const tc = typeof named === 'number' ? named : names.indexOf(named);
    if (tc >= 0 && tc < names.length) return tc;
    problems.push({ path, message: `there is no class ${named}`, hint: classHint(names) });
    return 0;
  };
  overlaps(raw, problems);
  const gates = (raw.gates ?? []).map(({ open, for: ns, preemption }, at): Gate => {
    const path = ['gates', at, 'open'];
    return { open: maskOf(open, path, names, classAt, problems), for: ns, ...(preemption && { preemption }) };
  });
  const streams = (raw.streams ?? []).map(
    (stream, at): Stream => ({
      ...stream,
      class: classAt(stream.class, ['streams', at, 'class']),
    }),
  );
  const qdisc = kindOf(raw, problems);
  if (qdisc === undefined) return { problems };
  for (const key of OWN_KEYS) {
    if (raw[key] !== undefined && !usesKey(qdisc, key)) {
      problems.push({ path: [key], message: `${qdisc} has no ${key}`, hint: hintForKey(key) });
    }
  }
  if (problems.length > 0) return { problems };
  return { schedule: { ...raw, qdisc, gates, streams } };
}

/** Kinds that make classes of priorities. */
const CLASSFUL: readonly ScheduleKind[] = ['taprio', 'mqprio', 'prio'];

function kindOf(raw: RawSchedule, problems: Misfit[]): ScheduleKind | undefined {
  const { qdisc, gates, streams, classes } = raw;
  const kind = qdisc ?? (gates || streams ? 'taprio' : classes.length > 0 ? 'mqprio' : undefined);
  if (kind === undefined) {
    problems.push({
      path: [],
      message: 'it does not say what the interface shall have',
      hint: 'classes and gates; or qdisc: fq alone',
    });
    return undefined;
  }
  if (CLASSFUL.includes(kind) && classes.length === 0) {
    problems.push({
      path: [],
      message: `${kind} needs classes`,
      hint: 'classes: [{name: control, priorities: [6, 7]}, ...]',
    });
  }
  if (!CLASSFUL.includes(kind) && classes.length > 0) {
    problems.push({
      path: ['classes'],
      message: `${kind} has no classes`,
      hint: 'qdisc: taprio, mqprio or prio',
    });
  }
  const settings = NEEDED[kind];
  if (settings && raw[settings.key] === undefined) {
    problems.push({ path: [], message: `${kind} needs settings`, hint: settings.hint });
  }
  if (kind === 'taprio' && !gates && !streams) {
    problems.push({
      path: [],
      message: 'taprio needs gates',
      hint: 'gates: [{open: [NAME], for: 125us}, ...]; or streams, from which gates are computed',
    });
  }
  return kind;
}

/** Kinds that the kernel does not take without settings. */
const NEEDED: Partial<Record<ScheduleKind, { key: 'etf' | 'cbs' | 'tbf'; hint: string }>> = {
  etf: { key: 'etf', hint: 'etf: {delta: 300us}' },
  cbs: { key: 'cbs', hint: 'cbs: {idleSlope: 20Mbit}' },
  tbf: { key: 'tbf', hint: 'tbf: {rate: 100Mbit, burst: 10kB, limit: 100kB}' },
};

/** Keys of some kinds only. */
const OWN_KEYS = [
  'gates',
  'streams',
  'cycle',
  'cycleExtension',
  'txtimeDelay',
  'guardBand',
  'etf',
  'cbs',
  'fq',
  'tbf',
  'limit',
] as const;
type OwnKey = (typeof OWN_KEYS)[number];

const usersOf: Record<OwnKey, readonly ScheduleKind[]> = {
  gates: ['taprio'],
  streams: ['taprio'],
  cycle: ['taprio'],
  cycleExtension: ['taprio'],
  txtimeDelay: ['taprio'],
  guardBand: ['taprio'],
  etf: ['etf'],
  cbs: ['cbs'],
  fq: ['fq'],
  tbf: ['tbf'],
  limit: ['pfifo', 'bfifo'],
};

function usesKey(kind: ScheduleKind, key: OwnKey): boolean {
  return usersOf[key].includes(kind);
}

function hintForKey(key: OwnKey): string {
  const inClass = key === 'etf' || key === 'cbs' ? `; or ${key} in one of the classes` : '';
  return `qdisc: ${usersOf[key].join(' or ')}${inClass}`;
}

/** Two classes of one name, or of one priority. */
function overlaps({ classes }: RawSchedule, problems: Misfit[]): void {
  for (const [at, { name, priorities }] of classes.entries()) {
    const before = classes.slice(0, at);
    if (before.some((other) => other.name === name)) {
      problems.push({ path: ['classes', at, 'name'], message: `there are two classes ${name}` });
    }
    for (const other of before) {
      const both = priorities.filter((priority) => other.priorities.includes(priority));
      if (both.length === 0) continue;
      const which = both.length === 1 ? `priority ${both[0]} is` : `priorities ${both.join(', ')} are`;
      problems.push({
        path: ['classes', at, 'priorities'],
        message: `${which} in class ${other.name} already`,
        hint: `each priority in one class: without ${both.join(', ')} here, or in ${other.name}`,
      });
    }
  }
}

function maskOf(
  open: RawGate['open'],
  path: PropertyKey[],
  names: readonly string[],
  classAt: (named: string | number, path: PropertyKey[]) => number,
  problems: Misfit[],
): number {
  const all = 2 ** names.length - 1;
  if (open === 'all') return all;
  if (open === 'none') return 0;
  if (typeof open === 'string') return 1 << classAt(open, path);
  if (typeof open !== 'number')
    return open.reduce((mask, name, at) => mask | (1 << classAt(name, [...path, at])), 0);
  if (open >= 0 && open <= all) return open;
  problems.push({
    path,
    message: `the mask 0x${open.toString(16)} has bits of classes that do not exist`,
    hint: `0x0 to 0x${all.toString(16)}: bit 0 is ${names[0] ?? 'the first class'}; or names: ${classHint(names)}`,
  });
  return 0;
}

type RawGate = NonNullable<RawSchedule['gates']>[number];

function classHint(names: readonly string[]): string {
  return names.length === 0
    ? 'classes: [{name: ...}]'
    : `one of ${[...new Set(names)].join(', ')}; all; none`;
}
