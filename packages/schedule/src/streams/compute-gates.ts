import { TsnctlError } from '@tsnctl/codec';
import { largestFrame } from '../largest-frame.ts';
import type { Gate, Schedule, Stream } from '../schedule.ts';
import { formatDuration, formatRate, roughDuration } from '../units.ts';
import { sumOf } from '../windows.ts';
import { MIN_FRAME_BYTES, wireTimeNs } from '../wire-time.ts';
import { type WaitingTime, waitingTimes } from './waiting-time.ts';

/** How often the shortest period is divided, at most, to find a cycle that is short enough. */
const MOST_DIVISIONS = 64;

/**
 * Gates for the streams: each class with streams is open once a cycle, alone, and all others share the rest. Of the
 * cycles that divide all periods the longest is taken with which no stream takes longer than its deadline, by
 * `waitingTimes`. The same streams give the same gates.
 * @throws TsnctlError INFEASIBLE with the stream that cannot be served, and why
 */
export function computeGates(schedule: Schedule, linkSpeedBps: bigint, mtu?: number): Schedule {
  const { streams } = schedule;
  if (streams.length === 0) return schedule;
  requireRoom(schedule, linkSpeedBps);
  const limited = withLimits(schedule);
  const base = streams.reduce((common, { period }) => gcd(common, Number(period)), 0);
  let closest: { late: Late; cycle: number } | undefined;
  for (let parts = 1; parts <= MOST_DIVISIONS; parts++) {
    if (base % parts !== 0) continue;
    const cycle = base / parts;
    const made = withCycle(limited, cycle, linkSpeedBps, mtu);
    if (made === undefined) break; // shorter cycles have less room still
    const late = firstLate(made, waitingTimes(made, linkSpeedBps, mtu));
    if (late === undefined) return made;
    if (!closest || late.by < closest.late.by) closest = { late, cycle };
  }
  throw closest ? tooLate(schedule, closest) : noRoom(schedule, base, linkSpeedBps, mtu);
}

/** A larger frame than its streams' would never fit in a class's window, and hold up what is behind it. */
function withLimits(schedule: Schedule): Schedule {
  const { streams } = schedule;
  const classes = schedule.classes.map((one, tc) => {
    const sizes = streams.filter((stream) => stream.class === tc).map(({ size }) => size);
    return sizes.length === 0
      ? one
      : { ...one, maxFrame: one.maxFrame ?? Math.max(MIN_FRAME_BYTES, ...sizes) };
  });
  return { ...schedule, classes };
}

/** Windows of the classes with streams, from the highest on, then everything else; undefined where it does not fit. */
function withCycle(
  { guardBand, ...schedule }: Schedule,
  cycle: number,
  speed: bigint,
  mtu: number | undefined,
): Schedule | undefined {
  const { classes, streams } = schedule;
  const busy = [...new Set(streams.map((stream) => stream.class))].toSorted((a, b) => b - a);
  const rest = classes.reduce((mask, _, tc) => (busy.includes(tc) ? mask : mask | (1 << tc)), 0);
  const windows = busy.map((tc): Gate => ({ open: 1 << tc, for: windowNs(schedule, tc, cycle, speed) }));
  const guards = guardBand ? [{ open: 0, for: guardBand }] : [];
  const gates = [...guards, ...windows];
  const left = cycle - sumOf(gates);
  const others = classes.flatMap((_, tc) =>
    busy.includes(tc) ? [] : [wireTimeNs(largestFrame(schedule, tc, mtu), speed)],
  );
  if (left < Math.max(0, ...others)) return undefined;
  const all = left > 0 ? [...gates, { open: rest, for: left }] : gates;
  return { ...schedule, guardBand, gates: all, cycle: BigInt(cycle) };
}

/** One frame of each stream a period, and never less than the class's largest. */
function windowNs(
  { streams, classes }: Pick<Schedule, 'streams' | 'classes'>,
  tc: number,
  cycle: number,
  speed: bigint,
): number {
  const frames = streams
    .filter((stream) => stream.class === tc)
    .reduce((sum, { size, period }) => sum + wireTimeNs(size, speed) * Math.ceil(cycle / Number(period)), 0);
  return Math.max(frames, wireTimeNs(classes[tc]?.maxFrame ?? MIN_FRAME_BYTES, speed));
}

interface Late {
  readonly stream: number;
  readonly by: number;
  readonly time: WaitingTime;
}

/** The stream that misses its deadline by most. */
function firstLate({ streams }: Schedule, times: readonly WaitingTime[]): Late | undefined {
  const late = times.flatMap((time, stream): Late[] => {
    const { deadline, period } = streams[stream] as Stream;
    const by = (time.delayNs ?? Number.POSITIVE_INFINITY) - Number(deadline ?? period);
    return by > 0 ? [{ stream, by, time }] : [];
  });
  return late.toSorted((a, b) => b.by - a.by)[0];
}

function requireRoom({ streams }: Schedule, speed: bigint): void {
  const share = streams.reduce((sum, { size, period }) => sum + wireTimeNs(size, speed) / Number(period), 0);
  if (share < 1) return;
  throw new TsnctlError(
    'INFEASIBLE',
    `the streams need ${Math.round(share * 100)} percent of a link of ${formatRate(speed)}`,
    { hint: 'longer periods, smaller frames, fewer streams or a faster link' },
  );
}

function tooLate(
  { streams, classes }: Schedule,
  { late, cycle }: { late: Late; cycle: number },
): TsnctlError {
  const { name, deadline, period, class: tc } = streams[late.stream] as Stream;
  const limit = deadline ?? period;
  const { delayNs } = late.time;
  const takes = delayNs === undefined ? 'can wait without end' : `can take ${roughDuration(delayNs)}`;
  return new TsnctlError(
    'INFEASIBLE',
    `${name} shall be gone after ${formatDuration(limit)}, and ${takes} even with the best cycle that divides all periods, ${roughDuration(cycle)}`,
    {
      hint: `deadline: ${delayNs === undefined ? 'a later one' : formatDuration(delayNs)} for ${name}; fewer streams in class ${classes[tc]?.name}, or a class of its own; periods with a larger common divisor`,
    },
  );
}

function noRoom(
  { classes, streams }: Schedule,
  base: number,
  speed: bigint,
  mtu: number | undefined,
): TsnctlError {
  const needs = [...new Set(streams.map((stream) => stream.class))].reduce(
    (sum, tc) => sum + windowNs({ classes, streams }, tc, base, speed),
    0,
  );
  const frame = Math.max(
    ...classes.flatMap((_, tc) =>
      streams.some((one) => one.class === tc) ? [] : [largestFrame({ classes }, tc, mtu)],
    ),
    0,
  );
  return new TsnctlError(
    'INFEASIBLE',
    `the longest cycle that divides all periods is ${formatDuration(base)}; the streams take ${roughDuration(needs)} of it, and what is left holds no frame of ${frame} bytes of the other classes, ${roughDuration(wireTimeNs(frame, speed))}`,
    { hint: 'periods with a larger common divisor; maxFrame for the other classes; a faster link' },
  );
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
