import type { Finding } from '../finding.ts';
import { classOfPriority, type EtfSettings, type Schedule } from '../schedule.ts';
import { formatDuration } from '../units.ts';
import { nothing, type Rule } from './rule.ts';

/** Timer and scheduler need about so long to wake up on an ordinary kernel; tc-etf(8) calls it a fudge factor. */
const LEAST_DELTA_NS = 50_000;
/** What the examples of tc-etf(8) and the kernel's own tests use. */
const USUAL_DELTA_NS = 300_000;

interface Place {
  readonly etf: EtfSettings;
  readonly path: readonly PropertyKey[];
  /** undefined: of the whole interface. */
  readonly tc?: number;
}

function etfsOf({ etf, classes }: Schedule): Place[] {
  const inClasses = classes.flatMap((one, tc): Place[] =>
    one.etf ? [{ etf: one.etf, path: ['classes', tc, 'etf'], tc }] : [],
  );
  return [...(etf ? [{ etf, path: ['etf'] }] : []), ...inClasses];
}

const delta: Rule = (schedule) =>
  etfsOf(schedule).flatMap(({ etf, path }): Finding[] => {
    if (etf.delta >= LEAST_DELTA_NS) return [];
    return [
      {
        code: 'ETF_DELTA_TOO_SMALL',
        severity: etf.delta === 0 ? 'error' : 'warning',
        path: [...path, 'delta'],
        message:
          etf.delta === 0
            ? 'with a delta of 0 a packet leaves the queue at its launch time, too late by the time that takes: etf drops it'
            : `a delta of ${formatDuration(etf.delta)} is less than a timer takes to fire: packets come too late, and etf drops them`,
        hint: `delta: ${formatDuration(USUAL_DELTA_NS)}; cyclictest shows how late timers are here`,
      },
    ];
  });

/** net/sched/sch_etf.c takes no other clock. */
const clock: Rule = (schedule) => {
  if (etfsOf(schedule).length === 0 || schedule.clock === 'tai') return nothing;
  return [
    {
      code: 'ETF_CLOCK',
      severity: 'error',
      path: ['clock'],
      message: `etf goes by CLOCK_TAI alone, not by ${schedule.clock}`,
      hint: 'clock: tai; or qdisc: fq, which goes by CLOCK_MONOTONIC',
    },
  ];
};

/** etf asks the packet's socket whether it has SO_TXTIME; a forwarded packet's is gone. */
const forwarded: Rule = (schedule, { forwards }) =>
  etfsOf(schedule).flatMap(({ etf, path }): Finding[] => {
    if (etf.skipSockCheck) return [];
    return [
      {
        code: 'ETF_DROPS_FORWARDED',
        severity: forwards ? 'error' : 'warning',
        path,
        message: 'etf drops packets whose socket is not on this node: all that pods send',
        hint: "skipSockCheck: true; or qdisc: fq, into whose clock the uplink's restorer converts",
      },
    ];
  });

/** etf drops what has no launch time. */
const untimed: Rule = (schedule) =>
  etfsOf(schedule).flatMap(({ path, tc }): Finding[] => {
    if (tc === undefined) {
      return [
        {
          code: 'ETF_DROPS_UNTIMED',
          severity: 'warning',
          path,
          message:
            'an etf for the whole interface drops all packets without a launch time: ARP, TCP, everything else',
          hint: 'qdisc: mqprio with etf in one class; or qdisc: fq, which sends them at once',
        },
      ];
    }
    if (schedule.offload === 'txtime-assist') return []; // each packet gets a launch time
    const { name, priorities } = schedule.classes[tc] as Schedule['classes'][number];
    if (classOfPriority(schedule.classes, 0) !== tc) return [];
    return [
      {
        code: 'ETF_DROPS_UNTIMED',
        severity: 'error',
        path,
        message: `class ${name} has priority 0, that of all ordinary traffic, and etf drops what has no launch time: ARP, TCP, everything else`,
        hint: `etf in a class of a priority of its own: ${name} with priorities [${priorities.filter((one) => one > 0).join(', ') || 6}], and not the first of the classes`,
      },
    ];
  });

/** TCA_TAPRIO: with txtime-assist off, taprio gives packets no launch time. */
export const launchTimeRules: readonly Rule[] = [delta, clock, forwarded, untimed];
