import type { Finding } from '../finding.ts';
import { type ClockName, clocks, type Schedule } from '../schedule.ts';
import { formatDuration, formatRate, roughDuration } from '../units.ts';
import { sumOf } from '../windows.ts';
import { nothing, type Rule } from './rule.ts';

const YEAR_NS = 31_536_000_000_000_000n;
/** A schedule that is to begin later than this was meant for another clock. */
const FAR_NS = 7n * 86_400_000_000_000n;

/** The kernel begins at the next whole cycle; with a base time of 0 that is what everybody means. */
const baseTimePast: Rule = (schedule, { now }) => {
  const time = now?.[schedule.clock];
  if (time === undefined || !usesTime(schedule) || schedule.baseTime === 0n || schedule.baseTime >= time)
    return nothing;
  if (looksLikeOther(schedule, now)) return nothing;
  const cycle = schedule.cycle ?? BigInt(sumOf(schedule.gates));
  const next = cycle === 0n ? time : schedule.baseTime + ((time - schedule.baseTime) / cycle + 1n) * cycle;
  return [
    {
      code: 'BASE_TIME_PAST',
      severity: 'note',
      path: ['baseTime'],
      message: `${formatDuration(schedule.baseTime)} was ${roughDuration(time - schedule.baseTime)} ago: it begins with the next cycle from there, at ${next}ns`,
    },
  ];
};

/** A time since boot under CLOCK_TAI, or the other way round. */
const baseTimeClock: Rule = (schedule, { now }) => {
  const time = now?.[schedule.clock];
  if (time === undefined || !usesTime(schedule) || schedule.baseTime === 0n) return nothing;
  const other = looksLikeOther(schedule, now);
  if (other) {
    return [
      {
        code: 'BASE_TIME_CLOCK',
        severity: schedule.baseTime > time ? 'error' : 'warning',
        path: ['baseTime'],
        message: `${formatDuration(schedule.baseTime)} looks like a time of ${clocks[other]}, and the schedule goes by ${clocks[schedule.clock]}, where it is now ${time}ns`,
        hint: `clock: ${other}; or baseTime: 0s, for whole multiples of the cycle`,
      },
    ];
  }
  if (schedule.baseTime <= time + FAR_NS) return nothing;
  return [
    {
      code: 'BASE_TIME_FAR',
      severity: 'error',
      path: ['baseTime'],
      message: `it begins in ${roughDuration(schedule.baseTime - time)}: until then all gates are open`,
      hint: 'baseTime: 0s, for whole multiples of the cycle',
    },
  ];
};

/** Before a PTP daemon sets it, the offset is 0: TAI equals UTC. */
const taiOffset: Rule = (schedule, { now }) => {
  const usesTai = schedule.clock === 'tai' && (usesTime(schedule) || hasEtf(schedule));
  if (!usesTai || now?.tai === undefined || now.realtime === undefined) return nothing;
  const offset = now.tai - now.realtime;
  if (offset > 1_000_000_000n) return nothing;
  return [
    {
      code: 'TAI_OFFSET',
      severity: 'note',
      path: ['clock'],
      message:
        'CLOCK_TAI is the same as CLOCK_REALTIME on this node: nothing has told the kernel the offset, 37 s since 2017',
      hint: 'phc2sys or chrony with a leapsectz; only nodes that agree on TAI open their gates together',
    },
  ];
};

/** TCA_TAPRIO_ATTR_SCHED_CLOCKID is for software; the NIC has its own. */
const hardwareClock: Rule = ({ offload, clock }) => {
  if (offload !== 'full' || clock === 'tai') return nothing;
  return [
    {
      code: 'CLOCK_OF_HARDWARE',
      severity: 'error',
      path: ['clock'],
      message: `with offload: full the times are those of the NIC's own clock, not of ${clocks[clock]}`,
      hint: 'clock: tai, to which ptp4l keeps that clock; or offload: none',
    },
  ];
};

const txtimeAssist: Rule = (schedule) => {
  const { offload, txtimeDelay, classes } = schedule;
  const found: Finding[] = [];
  if (txtimeDelay !== undefined && offload !== 'txtime-assist') {
    found.push({
      code: 'TXTIME_DELAY',
      severity: 'error',
      path: ['txtimeDelay'],
      message: 'without offload: txtime-assist there is nobody whom it could tell anything',
      hint: 'offload: txtime-assist; or without txtimeDelay',
    });
  }
  if (offload !== 'txtime-assist') return found;
  const deltas = classes.flatMap(({ etf }, tc) => (etf ? [{ tc, delta: etf.delta }] : []));
  if (deltas.length === 0) {
    found.push({
      code: 'TXTIME_ASSIST_WITHOUT_ETF',
      severity: 'error',
      path: ['offload'],
      message: 'txtime-assist gives each packet a launch time, and no class has an etf that would keep it',
      hint: 'etf: {delta: 300us, skipSockCheck: true} in a class; or offload: none',
    });
  }
  for (const { tc, delta } of deltas) {
    if ((txtimeDelay ?? 0) > delta) continue;
    found.push({
      code: 'TXTIME_DELAY',
      severity: 'error',
      path: txtimeDelay === undefined ? ['offload'] : ['txtimeDelay'],
      message: `packets reach the etf of class ${classes[tc]?.name} ${formatDuration(txtimeDelay ?? 0)} ahead of their launch time, and its delta is ${formatDuration(delta)}: all come late`,
      hint: `txtimeDelay: ${formatDuration(delta + 100_000)}`,
    });
  }
  return found;
};

/** All that is reckoned in bytes is wrong on another link. */
const linkSpeed: Rule = (schedule, context) => {
  const [said, real] = [schedule.linkSpeed, context.linkSpeed];
  if (said === undefined || real === undefined || said === real) return nothing;
  return [
    {
      code: 'LINK_SPEED',
      severity: said > real ? 'warning' : 'note',
      path: ['linkSpeed'],
      message: `the schedule reckons with ${formatRate(said)}, and the link has ${formatRate(real)} now`,
      hint: `linkSpeed: ${formatRate(real)}; or without it`,
    },
  ];
};

export const timeRules: readonly Rule[] = [
  linkSpeed,
  baseTimePast,
  baseTimeClock,
  taiOffset,
  hardwareClock,
  txtimeAssist,
];

function usesTime({ qdisc }: Schedule): boolean {
  return qdisc === 'taprio';
}

function hasEtf({ etf, classes }: Schedule): boolean {
  return etf !== undefined || classes.some((one) => one.etf);
}

/** The clock on which this base time would be near, where it is far from now on its own. */
function looksLikeOther(
  { clock, baseTime }: Schedule,
  now: Partial<Record<ClockName, bigint>> = {},
): ClockName | undefined {
  const far = (a: bigint, b: bigint) => (a > b ? a - b : b - a) > YEAR_NS;
  const own = now[clock];
  if (own === undefined || !far(own, baseTime)) return undefined;
  const others: ClockName[] = clock === 'tai' || clock === 'realtime' ? ['monotonic'] : ['tai'];
  return others.find((other) => {
    const time = now[other];
    return time !== undefined && !far(time, baseTime);
  });
}
