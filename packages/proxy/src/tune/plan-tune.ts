import { TsnctlError } from '@tsnctl/codec';
import { type ChannelCounts, channelsFor, type Qdisc, qdiscFacts, TC_H_ROOT } from '@tsnctl/netlink';
import type { PlacedQdisc } from '@tsnctl/schedule';
import type { UplinkClock } from '../model.ts';
import { changeable, satisfies } from './essential.ts';
import type { DesiredTuning, FormerTuning, Nic, TuneStep } from './model.ts';
import { ours, respec } from './respec.ts';

const MAJOR = 0x1_0000;

/** The steps that lead from what is there to what is wanted; none, if all is as wanted. */
export function planTune(nic: Nic, desired: DesiredTuning): TuneStep[] {
  const steps = [...planQueues(nic, desired)];
  return [...steps, ...planClock(nic, clockOf(desired.qdiscs))];
}

function planQueues(nic: Nic, { qdiscs, txQueues }: DesiredTuning): TuneStep[] {
  const [root, ...below] = qdiscs;
  if (!root) return [];
  const channels = planChannels(nic, txQueues);
  const found = rootOf(nic);
  if (found && found.kind === root.kind && channels.length === 0) {
    const inside = planInside(nic, found, below);
    const hasHandle = found.handle !== 0 || below.length === 0;
    if (inside && hasHandle) {
      if (satisfies(root.kind, root.options, found.options)) return inside;
      if (found.handle !== 0 && changeable(root.kind, root.options, found.options)) {
        return [put({ ...root, handle: found.handle }, true), ...inside];
      }
    }
  }
  const { handle, clear } = placeForRoot(nic, root, found, channels.length > 0);
  return [
    ...clear,
    ...channels,
    put({ ...root, handle }),
    ...below.map((child, at) => put(childOf(child, handle, handle + (at + 1) * MAJOR))),
  ];
}

/** Where it can, the new root takes the old one's place at once; otherwise that goes first. */
function placeForRoot(
  nic: Nic,
  root: PlacedQdisc,
  found: Qdisc | undefined,
  first: boolean,
): { handle: number; clear: TuneStep[] } {
  const wanted = root.handle ?? MAJOR;
  if (!found || found.handle === 0) return { handle: wanted, clear: [] };
  // A map of priorities to queues that goes after the new one has come would take the new one's along.
  const clear = first || found.kind === root.kind || qdiscFacts(found.kind).multiClass;
  if (clear) return { handle: wanted, clear: [{ do: 'delete-root', kind: found.kind }] };
  return { handle: freeHandle(nic, wanted), clear: [] };
}

/** What has to change below a root that stays; undefined where it cannot stay. */
function planInside(nic: Nic, root: Qdisc, below: readonly PlacedQdisc[]): TuneStep[] | undefined {
  const found = ours(nic.qdiscs).filter(({ parent }) => parent !== TC_H_ROOT);
  const wanted = below.map((child) => childOf(child, root.handle));
  if (found.some(({ parent }) => wanted.every((child) => child.parent !== parent))) return undefined;
  const taken = new Set(nic.qdiscs.map(({ handle }) => handle));
  return wanted.flatMap((child) => {
    const there = found.find(({ parent }) => parent === child.parent);
    if (there && there.kind === child.kind && satisfies(child.kind, child.options, there.options)) return [];
    const handle = firstFree(taken, root.handle + MAJOR);
    taken.add(handle);
    return [put({ ...child, handle })]; // another handle: so the kernel makes it, and does not try to change what is there
  });
}

/** A class of the root, whose handle may be another than the one that was wished for. */
function childOf(child: PlacedQdisc, rootHandle: number, handle?: number): PlacedQdisc {
  const parent = rootHandle + (child.parent & 0xffff);
  return { ...child, parent, ...(handle !== undefined && { handle }) };
}

function freeHandle({ qdiscs }: Nic, from: number): number {
  return firstFree(new Set(qdiscs.map(({ handle }) => handle)), from);
}

function firstFree(taken: ReadonlySet<number>, from: number): number {
  let handle = from;
  while (taken.has(handle)) handle += MAJOR;
  return handle;
}

/** More queues where there are too few, and the NIC has more. @throws TsnctlError TOO_FEW_QUEUES */
function planChannels(nic: Nic, needed: number): TuneStep[] {
  if (needed <= nic.txQueues) return [];
  const channels = nic.channels ?? { maximum: {}, current: {} };
  const counts = channelsFor(channels, needed);
  const [first] = Object.keys(counts ?? {}) as (keyof ChannelCounts)[];
  if (!counts || !first) {
    throw new TsnctlError(
      'TOO_FEW_QUEUES',
      `${nic.name} has ${nic.txQueues} TX queue${nic.txQueues === 1 ? '' : 's'}; this schedule needs ${needed}, and the NIC has no more`,
      { hint: 'fewer classes, or fewer queues for them; or qdisc: prio, which needs one' },
    );
  }
  return [{ do: 'set-channels', counts, former: pick(channels.current, counts) }];
}

function pick(from: ChannelCounts, like: ChannelCounts): ChannelCounts {
  return Object.fromEntries(Object.keys(like).map((key) => [key, from[key as keyof ChannelCounts] ?? 0]));
}

/** The clock in which these qdiscs read launch times. */
export function clockOf(qdiscs: readonly { readonly kind: string }[]): UplinkClock {
  const clocks = qdiscs.map(({ kind }) => qdiscFacts(kind).clock).filter((clock) => clock !== 'none');
  return clocks[0] ?? 'none';
}

function planClock({ uplinkClock }: Nic, clock: UplinkClock): TuneStep[] {
  if (uplinkClock === undefined || uplinkClock === clock) return [];
  return [{ do: 'set-uplink-clock', clock, former: uplinkClock }];
}

/** The steps back to what there was. */
export function planRestore(nic: Nic, former: FormerTuning): TuneStep[] {
  const channels = planFormerChannels(nic, former.channels);
  const clock = former.uplinkClock === undefined ? [] : planClock(nic, former.uplinkClock);
  if (channels.length === 0 && isSame(nic.qdiscs, former.qdiscs)) return clock;
  const root = rootOf(nic);
  const clear: TuneStep[] = root && root.handle !== 0 ? [{ do: 'delete-root', kind: root.kind }] : [];
  return [...clear, ...channels, ...respec(former.qdiscs).map((qdisc) => put(qdisc)), ...clock];
}

function planFormerChannels({ channels }: Nic, former: ChannelCounts | undefined): TuneStep[] {
  const now = channels?.current ?? {};
  const changed = Object.entries(former ?? {}).filter(
    ([sort, count]) => now[sort as keyof ChannelCounts] !== count,
  );
  if (!channels || changed.length === 0) return [];
  const counts: ChannelCounts = Object.fromEntries(changed);
  return [{ do: 'set-channels', counts, former: pick(now, counts) }];
}

/** Whether the same qdiscs stand in the same places, by all that can be told of them. */
export function isSame(a: readonly Qdisc[], b: readonly Qdisc[]): boolean {
  const [first, second] = [ours(a), ours(b)];
  const defaults = (all: readonly Qdisc[]) => all.find(({ parent }) => parent === TC_H_ROOT)?.kind;
  if (first.length === 0 && second.length === 0) return defaults(a) === defaults(b);
  return (
    first.length === second.length &&
    first.every((one, at) => {
      const other = second[at];
      return (
        other !== undefined &&
        one.kind === other.kind &&
        one.parent === other.parent &&
        one.handle === other.handle &&
        sameOptions(one, other)
      );
    })
  );
}

function sameOptions(a: Qdisc, b: Qdisc): boolean {
  const [first, second] = [respec([a])[0]?.options, respec([b])[0]?.options];
  if (first === undefined || second === undefined) return first === second;
  return satisfies(a.kind, first, second) && satisfies(a.kind, second, first);
}

export function rootOf({ qdiscs }: Pick<Nic, 'qdiscs'>): Qdisc | undefined {
  return qdiscs.find(({ parent }) => parent === TC_H_ROOT);
}

function put(qdisc: PlacedQdisc, inPlace = false): TuneStep {
  const { options, ...place } = qdisc;
  return { do: 'put-qdisc', qdisc: options === undefined ? place : qdisc, inPlace };
}
