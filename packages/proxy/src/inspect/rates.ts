import { podName } from './pods.ts';
import type { NodeSnapshot, PodSnapshot, QdiscSnapshot, UplinkSnapshot } from './schema.ts';

/** Packets a second; `byPriority` has 16 of them. */
export interface PodRates {
  readonly name: string;
  readonly interface: string | null;
  readonly state: PodSnapshot['state'];
  readonly byPriority: readonly number[];
  /** Every other counter that moved: `denied`, `late` ... */
  readonly others: Readonly<Record<string, number>>;
}

export interface ClassRates {
  readonly id: string;
  readonly kind: string;
  readonly txQueue: number | null;
  readonly priorities: readonly number[] | null;
  readonly packets: number;
  readonly bits: number;
  readonly drops: number;
  /** Packets that wait now. */
  readonly waiting: number;
}

export interface UplinkRates {
  readonly interface: string;
  /** Whether a restorer stands there; null where it could not be seen. */
  readonly attached: boolean | null;
  readonly byPriority: readonly number[];
  readonly others: Readonly<Record<string, number>>;
  /** The classes; the qdiscs where there are none. */
  readonly classes: readonly ClassRates[];
}

/** What happened in each second between two snapshots. */
export interface NodeRates {
  readonly seconds: number;
  readonly pods: readonly PodRates[];
  readonly uplinks: readonly UplinkRates[];
}

/** Rates from two snapshots of one node. What was not there before, or was counted anew, has none. Pure. */
export function ratesBetween(before: NodeSnapshot, after: NodeSnapshot): NodeRates {
  const seconds = (Date.parse(after.observedAt) - Date.parse(before.observedAt)) / 1000;
  const per = perSecond(seconds);
  return {
    seconds,
    pods: after.pods.map((pod) =>
      podRates(
        before.pods.find((old) => isSame(old, pod)),
        pod,
        per,
      ),
    ),
    uplinks: after.uplinks.map((uplink) =>
      uplinkRates(
        before.uplinks.find((old) => isSame(old, uplink)),
        uplink,
        per,
      ),
    ),
  };
}

type Per = (before: string | number | undefined, after: string | number | undefined) => number;

function perSecond(seconds: number): Per {
  return (before, after) => {
    if (before === undefined || after === undefined || seconds <= 0) return 0;
    const moved = Number(BigInt(after) - BigInt(before));
    return moved > 0 ? moved / seconds : 0;
  };
}

function isSame(
  a: { ifindex: number | null; interface: string | null },
  b: { ifindex: number | null; interface: string | null },
): boolean {
  return a.ifindex === b.ifindex && a.interface === b.interface;
}

function podRates(before: PodSnapshot | undefined, after: PodSnapshot, per: Per): PodRates {
  return {
    name: podName(after),
    interface: after.interface,
    state: after.state,
    byPriority: eachPriority(before?.savedByPriority, after.savedByPriority, per),
    others: othersOf(before?.counters, after.counters, per),
  };
}

function uplinkRates(before: UplinkSnapshot | undefined, after: UplinkSnapshot, per: Per): UplinkRates {
  const former = new Map(queuesOf(before).map((queue) => [queue.id, queue.stats]));
  return {
    interface: after.interface,
    attached: after.attached,
    byPriority: eachPriority(before?.restoredByPriority, after.restoredByPriority, per),
    others: othersOf(before?.counters, after.counters, per),
    classes: queuesOf(after).map(({ stats, ...queue }) => ({
      ...queue,
      packets: per(former.get(queue.id)?.packets, stats?.packets),
      bits: 8 * per(former.get(queue.id)?.bytes, stats?.bytes),
      drops: per(former.get(queue.id)?.drops, stats?.drops),
      waiting: stats?.backlogPackets ?? 0,
    })),
  };
}

interface Queue {
  readonly id: string;
  readonly kind: string;
  readonly txQueue: number | null;
  readonly priorities: readonly number[] | null;
  readonly stats: QdiscSnapshot['stats'];
}

function queuesOf(uplink: UplinkSnapshot | undefined): Queue[] {
  if (!uplink) return [];
  const { classes, qdiscs } = uplink;
  if (classes.length > 0) {
    return classes.map(({ id, kind, txQueue, priorities, stats }) => ({
      id,
      kind,
      txQueue,
      priorities,
      stats,
    }));
  }
  return qdiscs.map(({ handle, parent, kind, stats }) => ({
    id: handle === 'none' ? parent : handle,
    kind,
    txQueue: null,
    priorities: null,
    stats,
  }));
}

function eachPriority(
  before: readonly string[] | null | undefined,
  after: readonly string[] | null,
  per: Per,
): number[] {
  return Array.from({ length: 16 }, (_, priority) => per(before?.[priority], after?.[priority]));
}

const CARRIED = new Set(['saved', 'restored']);

function othersOf(
  before: Readonly<Record<string, string>> | null | undefined,
  after: Readonly<Record<string, string>> | null,
  per: Per,
): Record<string, number> {
  const rates = Object.entries(after ?? {})
    .filter(([name]) => !CARRIED.has(name))
    .map(([name, value]) => [name, per(before?.[name], value)] as const);
  return Object.fromEntries(rates.filter(([, rate]) => rate > 0));
}
