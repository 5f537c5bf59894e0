import { channelsCommand } from '@tsnctl/netlink';
import type { Finding } from '../finding.ts';
import { queuesNeeded, queuesOf, type Schedule } from '../schedule.ts';
import { MAX_FRAME_BYTES } from '../wire-time.ts';
import { nothing, type Rule } from './rule.ts';

/** Kinds whose classes are TX queues. */
function hasQueues({ qdisc }: Schedule): boolean {
  return qdisc === 'taprio' || qdisc === 'mqprio';
}

const enough: Rule = (schedule, { txQueues, maxTxQueues, channels }) => {
  if (!hasQueues(schedule) || txQueues === undefined) return nothing;
  const needs = queuesNeeded(schedule.classes);
  const classes = schedule.classes.length;
  const single = schedule.qdisc === 'taprio' && Math.max(txQueues, maxTxQueues ?? 0) < 2;
  if (needs <= txQueues && !single) return nothing;
  const dev = schedule.dev ?? 'it';
  const has = `${dev} has ${txQueues} TX queue${txQueues === 1 ? '' : 's'}`;
  const can = maxTxQueues !== undefined && maxTxQueues >= needs && !single;
  const at = queuesOf(schedule.classes).findIndex(({ count, offset }) => count + offset > txQueues);
  return [
    {
      code: 'MORE_CLASSES_THAN_QUEUES',
      severity: can ? 'note' : 'error',
      path: ['classes', Math.max(0, at)],
      message:
        single && needs <= txQueues
          ? `${has}; taprio needs a NIC with several`
          : `${has}; this schedule needs ${needs}`,
      hint: can
        ? `${channelsCommand(schedule.dev ?? 'IF', channels, needs)}, which tsnctl tune does itself`
        : single && classes <= 1
          ? 'another NIC; or qdisc: etf, fq or prio, which need one queue'
          : `no more than ${txQueues} for all classes together; or another NIC; or qdisc: prio, which needs one`,
    },
  ];
};

/** The kernel refuses it but for txtime-assist. */
const overlap: Rule = (schedule) => {
  if (!hasQueues(schedule) || schedule.offload === 'txtime-assist') return nothing;
  const ranges = queuesOf(schedule.classes);
  return ranges.flatMap((range, tc): Finding[] => {
    const other = ranges.findIndex(
      (before, at) =>
        at < tc && before.offset < range.offset + range.count && range.offset < before.offset + before.count,
    );
    if (other < 0) return [];
    const { count, offset } = ranges[other] as (typeof ranges)[number];
    return [
      {
        code: 'QUEUES_OVERLAP',
        severity: 'error',
        path: ['classes', tc, 'queues'],
        message: `${range.count}@${range.offset} and class ${schedule.classes[other]?.name}'s ${count}@${offset} have TX queues in common`,
        hint: `${range.count}@${offset + count}`,
      },
    ];
  });
};

/** Before Linux 6.3 ranges have to follow each other, and taprio serves the lowest TX queue first. */
const olderKernels: Rule = (schedule, { kernel }) => {
  if (!hasQueues(schedule) || kernel === undefined || !before(kernel, [6, 3])) return nothing;
  const found: Finding[] = [];
  const ranges = queuesOf(schedule.classes);
  const back = ranges.findIndex(({ offset }, tc) => tc > 0 && offset < (ranges[tc - 1]?.offset ?? 0));
  if (back > 0) {
    found.push({
      code: 'QUEUES_ORDER',
      severity: 'error',
      path: ['classes', back, 'queues'],
      message: `kernel ${kernel.join('.')} takes queues only in the order of the classes, and these come before the ones of class ${schedule.classes[back - 1]?.name}`,
      hint: 'the classes in the order of their queues; or kernel 6.3',
    });
  }
  const together =
    schedule.qdisc === 'taprio' && schedule.gates.findIndex(({ open }) => (open & (open - 1)) !== 0);
  if (schedule.offload === 'none' && typeof together === 'number' && together >= 0) {
    found.push({
      code: 'LOWEST_QUEUE_FIRST',
      severity: 'warning',
      path: ['gates', together, 'open'],
      message: `kernel ${kernel.join('.')} serves the lowest TX queue first where several gates are open, so the first of these classes; from 6.3 on it is the last`,
      hint: 'one class a gate; or kernel 6.3',
    });
  }
  return found;
};

/** TCA_TAPRIO_TC_ENTRY_MAX_SDU is of Linux 6.1, and no more than the device's own largest. */
const maxFrame: Rule = (schedule, { kernel, mtu }) =>
  schedule.classes.flatMap(({ name, maxFrame }, tc): Finding[] => {
    if (maxFrame === undefined) return [];
    const path = ['classes', tc, 'maxFrame'];
    if (schedule.qdisc !== 'taprio') {
      return [
        {
          code: 'MAX_FRAME_UNUSED',
          severity: 'note',
          path,
          message: `a ${schedule.qdisc} does not drop larger frames of class ${name}; the limit is used for reckoning alone`,
        },
      ];
    }
    if (kernel !== undefined && before(kernel, [6, 1])) {
      return [
        {
          code: 'MAX_FRAME_UNKNOWN',
          severity: 'error',
          path,
          message: `kernel ${kernel.join('.')} does not know a largest frame of a class`,
          hint: 'kernel 6.1; or without maxFrame',
        },
      ];
    }
    if (mtu !== undefined && maxFrame > mtu + MAX_FRAME_BYTES - 1500) {
      return [
        {
          code: 'MAX_FRAME_ABOVE_MTU',
          severity: 'warning',
          path,
          message: `with an MTU of ${mtu} no frame has more than ${mtu + MAX_FRAME_BYTES - 1500} bytes`,
          hint: 'without maxFrame',
        },
      ];
    }
    return [];
  });

export const queueRules: readonly Rule[] = [enough, overlap, olderKernels, maxFrame];

function before([major, minor]: readonly [number, number], [a, b]: readonly [number, number]): boolean {
  return major < a || (major === a && minor < b);
}
