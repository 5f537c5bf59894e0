import {
  classPriorities,
  describeQdiscOptions,
  formatHandle,
  type Link,
  type Qdisc,
  qdiscFacts,
  TC_H_CLSACT,
  TC_H_ROOT,
  type TcStats,
  type TrafficClass,
  txQueueStats,
} from '@tsnctl/netlink';
import { countersOf } from './counters-of.ts';
import type { NodeObservations } from './observations.ts';
import { scheduleSnapshot } from './schedule.ts';
import type { ClassSnapshot, QdiscSnapshot, UplinkSnapshot } from './schema.ts';

/** The uplinks that are attached, and those interfaces that look like one. */
export function uplinkSnapshots(node: NodeObservations): UplinkSnapshot[] {
  return node.links
    .filter(({ index, name }) => isAttached(index, node) || node.candidates.some((it) => it.name === name))
    .map((link) => uplinkSnapshot(link, node));
}

/** An interface with its qdiscs, classes and gates, attached or not. */
export function uplinkSnapshot(link: Link, node: NodeObservations): UplinkSnapshot {
  const { observed, candidates } = node;
  const { counters, byPriority } = countersOf(node, 'uplink', link.index);
  const attached = isAttached(link.index, node);
  const row = observed?.uplinks.find(({ ifindex }) => ifindex === link.index);
  const qdiscs = node.qdiscs
    .filter(({ index, parent }) => index === link.index && parent !== TC_H_CLSACT)
    .sort((a, b) => rank(a) - rank(b));
  return {
    interface: link.name,
    ifindex: link.index,
    kind: link.kind ?? null,
    up: link.up,
    mtu: link.mtu,
    txQueues: link.numTxQueues,
    attached: observed ? attached : null,
    why: attached ? null : (candidates.find(({ name }) => name === link.name)?.why ?? null),
    clock: row?.clock ?? null,
    stacked: row?.stacked ?? null,
    counters,
    restoredByPriority: byPriority,
    qdiscs: qdiscs.map(qdiscSnapshot),
    classes: node.classes
      .filter(({ index }) => index === link.index)
      .map((found) => classSnapshot(found, qdiscs)),
    schedule: qdiscs.map(scheduleSnapshot).find((schedule) => schedule !== undefined) ?? null,
  };
}

/** A table names it, or a restorer stands on it. */
function isAttached(ifindex: number, { observed }: NodeObservations): boolean {
  if (!observed) return false;
  const restores = observed.attachments.some((it) => it.ifindex === ifindex && it.role === 'restorer');
  return restores || observed.uplinks.some((it) => it.ifindex === ifindex);
}

/** The root first, then by place. */
function rank({ parent }: Qdisc): number {
  return parent === TC_H_ROOT ? 0 : parent;
}

function qdiscSnapshot(qdisc: Qdisc): QdiscSnapshot {
  return {
    handle: formatHandle(qdisc.handle),
    parent: formatHandle(qdisc.parent),
    kind: qdisc.kind,
    options: describeQdiscOptions(qdisc),
    clock: qdiscFacts(qdisc.kind).clock,
    offloaded: qdisc.offloaded,
    stats: statsSnapshot(qdisc.stats),
  };
}

/** Where a class stands for a queue, the qdisc in it has counted: of taprio, Linux 6.1 gives each class the sum. */
function classSnapshot(found: TrafficClass, qdiscs: readonly Qdisc[]): ClassSnapshot {
  const qdisc = qdiscs.find(({ handle }) => handle >>> 16 === found.handle >>> 16);
  const ofQueue =
    qdisc && found.txQueue !== undefined ? txQueueStats(qdiscs, qdisc).get(found.txQueue) : undefined;
  return {
    id: formatHandle(found.handle),
    qdisc: formatHandle(qdisc?.handle ?? found.handle & ~0xffff),
    kind: found.kind,
    txQueue: found.txQueue ?? null,
    priorities: (qdisc && classPriorities(qdisc, found)) ?? null,
    stats: statsSnapshot(ofQueue ?? found.stats),
  };
}

function statsSnapshot(stats: TcStats | undefined): QdiscSnapshot['stats'] {
  if (!stats) return null;
  const { bytes, packets, drops, overlimits, requeues, backlog, qlen } = stats;
  return {
    bytes: `${bytes}`,
    packets: `${packets}`,
    drops,
    overlimits,
    requeues,
    backlogBytes: backlog,
    backlogPackets: qlen,
  };
}
