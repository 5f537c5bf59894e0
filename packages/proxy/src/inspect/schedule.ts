import { formatHandle, isQdisc, type Qdisc, type TaprioSchedule } from '@tsnctl/netlink';
import type { GatesSnapshot, ScheduleSnapshot } from './schema.ts';

// TCA_TAPRIO_ATTR_FLAG_* in linux/pkt_sched.h
const TXTIME_ASSIST = 1;
const FULL_OFFLOAD = 2;

/** The gates of a qdisc; undefined where it has none. */
export function scheduleSnapshot(qdisc: Qdisc): ScheduleSnapshot | undefined {
  if (!isQdisc(qdisc, 'taprio') || !qdisc.options) return undefined;
  const { numTc, map, flags = 0, clockid, classes = [], admin, ...inForce } = qdisc.options;
  return {
    qdisc: formatHandle(qdisc.handle),
    clock: clockid === undefined ? null : `${clockid}`,
    mode:
      (flags & FULL_OFFLOAD) !== 0
        ? 'full-offload'
        : (flags & TXTIME_ASSIST) !== 0
          ? 'txtime-assist'
          : 'software',
    classes: Array.from({ length: numTc }, (_, tc) => ({
      class: tc,
      priorities: map.flatMap((its, priority) => (its === tc ? [priority] : [])),
      maxSduBytes: classes.find((it) => it.tc === tc)?.maxSduBytes || null,
    })),
    inForce: gatesSnapshot(inForce),
    toCome: admin ? gatesSnapshot(admin) : null,
  };
}

function gatesSnapshot(schedule: TaprioSchedule): GatesSnapshot | null {
  const { entries = [], baseTimeNs, cycleTimeNs, cycleTimeExtensionNs } = schedule;
  if (entries.length === 0) return null;
  return {
    baseTimeNs: decimal(baseTimeNs),
    cycleTimeNs: decimal(cycleTimeNs),
    cycleTimeExtensionNs: decimal(cycleTimeExtensionNs),
    entries: entries.map(({ command, gateMask, intervalNs }) => ({
      command: `${command}`,
      openClasses: Array.from({ length: 16 }, (_, tc) => tc).filter((tc) => ((gateMask >>> tc) & 1) !== 0),
      intervalNs,
    })),
  };
}

function decimal(value: bigint | undefined): string | null {
  return value === undefined ? null : `${value}`;
}
