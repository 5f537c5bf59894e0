import { largestFrame } from '../largest-frame.ts';
import type { Schedule, Stream } from '../schedule.ts';
import { sumOf, type Window, windowsOf } from '../windows.ts';
import { wireTimeNs } from '../wire-time.ts';

/** How long a stream's frame can take on this port, at most, in ns. */
export interface WaitingTime {
  readonly stream: string;
  /** From when the frame comes until its first bit leaves; undefined where there is no limit. */
  readonly waitingNs: number | undefined;
  /** The same until the last has left. */
  readonly delayNs: number | undefined;
  readonly parts: WaitingParts | undefined;
}

/** What `waitingNs` is made of, at most. */
export interface WaitingParts {
  /** The gate is closed, or about to close too early for the frame. */
  readonly closedNs: number;
  /** A frame of a lower class that has begun is finished first. */
  readonly blockingNs: number;
  /** Frames of the same class that came before, and of higher classes whose gates are open meanwhile. */
  readonly queueNs: number;
}

interface Demand {
  readonly periodNs: number;
  readonly wireNs: number;
  /** Its frames can be queued for so long before they count. */
  readonly heldNs: number;
}

interface Port {
  readonly cycle: number;
  readonly windows: readonly Window[];
  /** By window: how much a lower class can take of it. */
  readonly intrusions: readonly number[];
  readonly own: readonly Demand[];
  readonly higher: readonly Demand[];
  /** Of the class's own frames. */
  readonly largest: number;
  readonly smallest: number;
}

/** A busy period that has not ended after so many cycles, or frames, is taken for one that never ends. */
const MOST_CYCLES = 1000;
const MOST_FRAMES = 1000;

/**
 * The worst waiting time of each stream. It holds whenever the senders send, if no stream sends more than its frame a
 * period and nothing else is sent in the streams' classes; lower classes may send whatever they want. docs/schedule.md
 * has the formula, and the simulation that it is tested against is in `test/simulate.ts`.
 */
export function waitingTimes(schedule: Schedule, linkSpeedBps: bigint, mtu?: number): WaitingTime[] {
  const delays = new Map<number, number | undefined>(); // by stream
  const highestFirst = [...schedule.streams.keys()].toSorted((a, b) => classOf(b) - classOf(a));
  function classOf(at: number): number {
    return (schedule.streams[at] as Stream).class;
  }
  const results: WaitingTime[] = [];
  for (const at of highestFirst) {
    const stream = schedule.streams[at] as Stream;
    const port = portOf(schedule, stream.class, linkSpeedBps, delays, mtu);
    const wireNs = wireTimeNs(stream.size, linkSpeedBps);
    const worst = port && worstDelay(port, wireNs);
    delays.set(at, worst?.delayNs);
    results[at] = {
      stream: stream.name,
      delayNs: worst?.delayNs,
      waitingNs: worst && worst.delayNs - wireNs,
      parts: worst?.parts,
    };
  }
  return results;
}

/** What a class meets; undefined where a higher class never gets done, or may send without end as it has no streams. */
function portOf(
  schedule: Schedule,
  tc: number,
  speed: bigint,
  delays: ReadonlyMap<number, number | undefined>,
  mtu: number | undefined,
): Port | undefined {
  const { gates, classes, streams } = schedule;
  const cycle = sumOf(gates);
  const windows = windowsOf(gates, tc);
  const mask = (other: number) =>
    gates.some(({ open }) => (open & (1 << other)) !== 0 && (open & (1 << tc)) !== 0);
  const higher: Demand[] = [];
  const own: Demand[] = [];
  for (const [at, { class: of, period, size }] of streams.entries()) {
    const demand = { periodNs: Number(period), wireNs: wireTimeNs(size, speed), heldNs: 0 };
    if (of === tc) own.push(demand);
    if (of <= tc || !mask(of)) continue;
    const heldNs = delays.get(at);
    if (heldNs === undefined) return undefined;
    higher.push({ ...demand, heldNs });
  }
  const endless = classes.findIndex(
    (_, other) => other > tc && mask(other) && streams.every((one) => one.class !== other),
  );
  if (endless >= 0) return undefined;
  const lower = classes.flatMap((_, other) =>
    other < tc
      ? [{ windows: windowsOf(gates, other), wireNs: wireTimeNs(largestFrame(schedule, other, mtu), speed) }]
      : [],
  );
  const intrusions = windows.map((window) =>
    Math.max(0, ...lower.map((one) => Math.min(one.wireNs, longestOverlap(window, one.windows, cycle)))),
  );
  const wires = own.map(({ wireNs }) => wireNs);
  return {
    cycle,
    windows,
    intrusions,
    own,
    higher,
    largest: Math.max(...wires),
    smallest: Math.min(...wires),
  };
}

/** The longest stretch that both windows have in common. */
function longestOverlap(window: Window, others: readonly Window[], cycle: number): number {
  const isEndless = ({ length }: Window) => length >= cycle;
  if (others.some(isEndless)) return isEndless(window) ? Number.POSITIVE_INFINITY : window.length;
  if (isEndless(window)) return Math.max(0, ...others.map(({ length }) => length));
  let longest = 0;
  for (const other of others) {
    for (const shift of [-cycle, 0, cycle]) {
      const from = Math.max(window.start, other.start + shift);
      const to = Math.min(window.start + window.length, other.start + shift + other.length);
      longest = Math.max(longest, to - from);
    }
  }
  return longest;
}

interface Worst {
  readonly delayNs: number;
  readonly parts: WaitingParts;
}

/** Over every window that can close too early as the class's queue begins to fill, and every frame until it is empty. */
function worstDelay(port: Port, wireNs: number): Worst | undefined {
  if (port.windows.length === 0 || isOverloaded(port)) return undefined;
  let worst: Worst | undefined;
  for (const first of port.windows.keys()) {
    let after = 0;
    for (let frame = 0; ; frame++) {
      const done = finish(port, first, after, wireNs);
      if (done === undefined || frame > MOST_FRAMES) return undefined;
      if (!worst || done.at - after > worst.delayNs)
        worst = { delayNs: done.at - after, parts: partsOf(done, after, wireNs) };
      const next = nextArrival(port, after);
      if (done.at <= next) break; // empty before more can come
      after = next;
    }
  }
  return worst;
}

/** More comes in a cycle, for good, than the windows hold. */
function isOverloaded({ cycle, windows, own, higher }: Port): boolean {
  const open = windows.reduce((sum, { length }) => sum + length, 0);
  const load = [...own, ...higher].reduce(
    (sum, { wireNs, periodNs }) => sum + (wireNs * cycle) / periodNs,
    0,
  );
  return load > open;
}

function nextArrival({ own }: Port, after: number): number {
  return Math.min(...own.map(({ periodNs }) => (Math.floor(after / periodNs) + 1) * periodNs));
}

function partsOf({ at, blockingNs, queueNs }: Done, after: number, wireNs: number): WaitingParts {
  const waiting = at - after - wireNs;
  const queue = Math.max(0, Math.min(queueNs, waiting));
  const blocking = Math.min(blockingNs, waiting - queue);
  return { closedNs: waiting - queue - blocking, blockingNs: blocking, queueNs: queue };
}

interface Done {
  readonly at: number;
  readonly blockingNs: number;
  readonly queueNs: number;
}

/** When a frame that comes `after` the begin of a busy period is gone, if that begins as window `first` closes too early. */
function finish(port: Port, first: number, after: number, wireNs: number): Done | undefined {
  const ahead = demandOf(port.own, after);
  let until = after;
  for (;;) {
    const higher = demandOf(port.higher, until);
    const work = ahead + higher;
    const end = walk(port, first, work, higher > 0);
    if (end === undefined) return undefined;
    if (end.at <= until) {
      return { at: until, blockingNs: end.blockingNs, queueNs: work - wireNs };
    }
    until = end.at;
  }
}

/** What comes within a time, at most, in ns of the wire. */
function demandOf(demands: readonly Demand[], within: number): number {
  return demands.reduce(
    (sum, { periodNs, wireNs, heldNs }) => sum + (Math.floor((within + heldNs) / periodNs) + 1) * wireNs,
    0,
  );
}

/** When so much work is done, from the worst moment of window `first` on. */
function walk(
  port: Port,
  first: number,
  work: number,
  mixed: boolean,
): { at: number; blockingNs: number } | undefined {
  const { cycle, windows, intrusions, largest } = port;
  const window = windows[first] as Window;
  const under = intrusions[first] ?? 0;
  if (window.length >= cycle) return { at: under + work, blockingNs: under };
  // The queue begins to fill when what is left of the window is just too little, with a lower frame under way.
  const lost = Math.min(window.length, under + Math.min(largest, work) - 1);
  const begin = window.start + window.length - lost;
  let left = work;
  for (let at = first + 1; at <= first + windows.length * MOST_CYCLES; at++) {
    const next = windows[at % windows.length] as Window;
    const blockingNs = intrusions[at % windows.length] ?? 0;
    const start = next.start + Math.floor(at / windows.length) * cycle;
    const usable = next.length - blockingNs;
    if (left <= usable) return { at: start + blockingNs + left - begin, blockingNs };
    left -= guaranteed(port, usable, mixed);
  }
  return undefined;
}

/** What a window does for a queue that does not run empty in it: a frame that does not fit any more waits. */
function guaranteed({ largest, smallest }: Port, usable: number, mixed: boolean): number {
  const whole = mixed ? 0 : Math.floor(usable / largest) * smallest;
  return Math.max(0, whole, usable - largest + 1);
}
