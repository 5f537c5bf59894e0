import { describePriorities } from '@tsnctl/netlink';
import { KERNEL_DEFAULT_BPS } from '../context.ts';
import type { Finding } from '../finding.ts';
import { largestFrame } from '../largest-frame.ts';
import { classOfPriority, type Schedule } from '../schedule.ts';
import { formatDuration, formatRate, roughDuration } from '../units.ts';
import { longestClosed, sumOf, windowsOf } from '../windows.ts';
import { explainWireTime, wireTimeNs } from '../wire-time.ts';
import { nothing, type Rule, speedOf } from './rule.ts';

/** Ethernet's shortest frame without its checksum: ETH_ZLEN in linux/if_ether.h. taprio refuses what is shorter. */
const ETH_ZLEN = 60n;

/** How long the class of PTP may be closed: a peer's answer to Pdelay_Req (IEEE 802.1AS, B.2.3), and ptp4l's patience. */
const PTP_TURNAROUND_NS = 10_000_000;
const PTP4L_PATIENCE_NS = 1_000_000;

/** taprio begins anew after its last entry, and cuts off what comes after the cycle's end. */
const cycleSum: Rule = ({ cycle, gates }) => {
  if (cycle === undefined || gates.length === 0) return nothing;
  const sum = BigInt(sumOf(gates));
  if (sum === cycle) return nothing;
  const [missing, more] = [cycle - sum, sum - cycle];
  const path = ['cycle'];
  const sums = `the gates sum up to ${roughDuration(sum)}, and the cycle takes ${roughDuration(cycle)}`;
  return [
    missing > 0n
      ? {
          code: 'CYCLE_SUM',
          severity: 'error',
          path,
          message: `${sums}: ${formatDuration(missing)} are missing, and the kernel would begin anew too early`,
          hint: `another gate for ${formatDuration(missing)}; or cycle: ${formatDuration(sum)}`,
        }
      : {
          code: 'CYCLE_SUM',
          severity: 'error',
          path,
          message: `${sums}: the last ${formatDuration(more)} would never come`,
          hint: `gates that are ${formatDuration(more)} shorter; or cycle: ${formatDuration(sum)}`,
        },
  ];
};

/** An interval in which not even the shortest frame fits: taprio says "Invalid interval". */
const kernelMinimum: Rule = (schedule, context) => {
  const speed = speedOf(schedule, context) ?? KERNEL_DEFAULT_BPS;
  const least = Number((ETH_ZLEN * 8_000_000_000n) / speed);
  const known = speedOf(schedule, context) !== undefined;
  return schedule.gates.flatMap((gate, at): Finding[] => {
    if (gate.for >= least) return [];
    const rate = known
      ? `at ${formatRate(speed)}`
      : 'where the link speed is not known: the kernel then reckons with 10Mbit';
    return [
      {
        code: 'GATE_BELOW_MINIMUM',
        severity: known ? 'error' : 'warning',
        path: ['gates', at, 'for'],
        message: `the kernel refuses an interval of ${formatDuration(gate.for)} ${rate}: the shortest frame takes ${roughDuration(least)}`,
        hint: known ? `${formatDuration(least)} or more` : 'linkSpeed: 1Gbit, or whatever the link has',
      },
    ];
  });
};

/** A frame leaves only if all of it fits in what is left of the window, so a short window holds it up. */
const windowFitsFrame: Rule = (schedule, context) => {
  const speed = speedOf(schedule, context);
  if (speed === undefined || schedule.gates.length === 0) return nothing;
  const cycle = sumOf(schedule.gates);
  return schedule.classes.flatMap(({ name }, tc): Finding[] => {
    const windows = windowsOf(schedule.gates, tc);
    const frame = largestFrame(schedule, tc, context.mtu);
    const needs = wireTimeNs(frame, speed);
    const first = windows.find(({ length }) => length < needs && length < cycle);
    if (!first) return [];
    const short = windows.filter(({ length }) => length < needs && length < cycle);
    const never = short.length === windows.length;
    const path = ['gates', gateAt(schedule, first.start), 'for'];
    const message = never
      ? `class ${name} is never open long enough for its largest frame, ${frame} bytes, which takes ${explainWireTime(frame, speed)}; its longest window has ${roughDuration(Math.max(...short.map(({ length }) => length)))}. Such a frame stays in the queue, and all behind it`
      : `a window of class ${name} has ${roughDuration(first.length)}, and its largest frame, ${frame} bytes, takes ${explainWireTime(frame, speed)}: it waits for a longer one`;
    const smaller =
      Number((BigInt(Math.max(...windows.map(({ length }) => length))) * speed) / 8_000_000_000n) - 20;
    const hint = `${formatDuration(needs)} or more${smaller >= 64 ? `; or maxFrame: ${smaller} for class ${name}` : ''}`;
    return [
      {
        code: never ? 'GATE_TOO_SHORT' : 'WINDOW_TOO_SHORT',
        severity: never ? 'error' : 'warning',
        path,
        message,
        hint,
      },
    ];
  });
};

const neverOpen: Rule = ({ classes, gates }) => {
  if (gates.length === 0) return nothing;
  const ever = gates.reduce((mask, { open }) => mask | open, 0);
  return classes.flatMap(({ name, priorities }, tc): Finding[] => {
    if ((ever & (1 << tc)) !== 0) return [];
    const which = describePriorities(priorities);
    return [
      {
        code: 'CLASS_NEVER_OPEN',
        severity: 'error',
        path: ['classes', tc],
        message: `no gate ever opens for class ${name} (${tc === 0 ? `${which}, and all that no class names` : which}): what it sends is never sent`,
        hint: `${name} in some gate's open, such as the longest: gates.${longest(gates)}.open`,
      },
    ];
  });
};

/** ptp4l sends with one priority; closed for too long, its peers give up and the clock runs away. */
const ptpClosed: Rule = ({ classes, gates, ptpPriority }) => {
  if (gates.length === 0) return nothing;
  const tc = classOfPriority(classes, ptpPriority);
  const windows = windowsOf(gates, tc);
  if (windows.length === 0) return nothing; // CLASS_NEVER_OPEN says it
  const closed = longestClosed(windows, sumOf(gates));
  if (closed <= PTP4L_PATIENCE_NS) return nothing;
  const name = classes[tc]?.name;
  const severe = closed > PTP_TURNAROUND_NS;
  const why = severe
    ? 'IEEE 802.1AS gives a port 10ms to answer Pdelay_Req, and ptp4l waits 10ms for a transmit timestamp'
    : 'ptp4l before version 4 waits 1ms for a transmit timestamp';
  return [
    {
      code: 'PTP_CLOSED',
      severity: severe ? 'error' : 'warning',
      path: [
        'gates',
        longest(gates.map((gate) => ((gate.open & (1 << tc)) === 0 ? gate : { ...gate, for: 0 }))),
      ],
      message: `class ${name}, in which the clock's own messages are (priority ${ptpPriority}), is closed for ${roughDuration(closed)}: ${why}`,
      hint: severe
        ? `${name} open at least every 10ms; or ptpPriority, and ptp4l's socket_priority, of a class that is`
        : `tx_timestamp_timeout ${Math.ceil(closed / 1e6) + 1} in ptp4l.conf; or ${name} open at least every 1ms`,
    },
  ];
};

const hardwareGates: Rule = (schedule, context) => {
  const most = schedule.maxGates ?? context.maxGates;
  if (schedule.offload !== 'full' || most === undefined || schedule.gates.length <= most) return nothing;
  return [
    {
      code: 'MORE_GATES_THAN_HARDWARE',
      severity: 'error',
      path: ['gates', most],
      message: `${schedule.gates.length} gates, and the NIC takes ${most}`,
      hint: 'neighbouring gates with the same open as one; or offload: none',
    },
  ];
};

export const gateRules: readonly Rule[] = [
  cycleSum,
  kernelMinimum,
  neverOpen,
  windowFitsFrame,
  ptpClosed,
  hardwareGates,
];

function longest(gates: readonly { for: number }[]): number {
  return gates.reduce((best, gate, at) => (gate.for > (gates[best]?.for ?? 0) ? at : best), 0);
}

/** Which entry begins at this time. */
function gateAt({ gates }: Schedule, start: number): number {
  let at = 0;
  for (const [index, gate] of gates.entries()) {
    if (at + gate.for > start) return index;
    at += gate.for;
  }
  return 0;
}
