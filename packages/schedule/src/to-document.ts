import { formatPriorities } from '@tsnctl/netlink';
import type { CbsSettings, EtfSettings, FqSettings, Schedule, ScheduleClass } from './schedule.ts';
import { formatDuration, formatRate } from './units.ts';

/** A schedule as a file has it, ready to be written as YAML or JSON. readSchedule gives the same schedule again. */
export function toDocument(schedule: Schedule): Record<string, unknown> {
  const { classes, gates, streams } = schedule;
  const names = classes.map(({ name }) => name);
  return said({
    qdisc: schedule.qdisc,
    dev: schedule.dev,
    linkSpeed: bits(schedule.linkSpeed),
    clock: schedule.clock === 'tai' ? undefined : schedule.clock,
    offload: schedule.offload === 'none' ? undefined : schedule.offload,
    txtimeDelay: time(schedule.txtimeDelay),
    baseTime: schedule.baseTime === 0n ? undefined : time(schedule.baseTime),
    cycle: time(schedule.cycle),
    cycleExtension: time(schedule.cycleExtension),
    guardBand: time(schedule.guardBand),
    ptpPriority: schedule.ptpPriority || undefined,
    maxGates: schedule.maxGates,
    limit: schedule.limit,
    etf: schedule.etf && etf(schedule.etf),
    cbs: schedule.cbs && cbs(schedule.cbs),
    fq: schedule.fq && fq(schedule.fq),
    tbf: schedule.tbf && { ...schedule.tbf, rate: bits(schedule.tbf.rate) },
    classes: classes.length > 0 ? classes.map(classOf) : undefined,
    gates:
      gates.length > 0
        ? gates.map((gate) =>
            said({
              open: names.filter((_, tc) => (gate.open & (1 << tc)) !== 0),
              for: time(gate.for),
              preemption: gate.preemption,
            }),
          )
        : undefined,
    streams:
      streams.length > 0
        ? streams.map((stream) =>
            said({
              ...stream,
              class: names[stream.class],
              period: time(stream.period),
              deadline: time(stream.deadline),
            }),
          )
        : undefined,
  });
}

function classOf({ name, priorities, queues, maxFrame, ...shapers }: ScheduleClass): object {
  const { count, first } = queues;
  return said({
    name,
    priorities: priorities.length > 1 ? formatPriorities(priorities) : priorities[0],
    queues: first !== undefined ? `${count}@${first}` : count === 1 ? undefined : count,
    maxFrame,
    etf: shapers.etf && etf(shapers.etf),
    cbs: shapers.cbs && cbs(shapers.cbs),
  });
}

function etf({ delta, ...flags }: EtfSettings): object {
  return said({ delta: time(delta), ...Object.fromEntries(Object.entries(flags).filter(([, on]) => on)) });
}

function cbs({ idleSlope, sendSlope, hiCredit, loCredit, offload }: CbsSettings): object {
  return said({
    idleSlope: bits(idleSlope),
    sendSlope: bits(sendSlope),
    hiCredit,
    loCredit,
    offload: offload || undefined,
  });
}

function fq({ maxRate, timerSlack, horizon, ...rest }: FqSettings): object {
  return said({ ...rest, maxRate: bits(maxRate), timerSlack: time(timerSlack), horizon: time(horizon) });
}

function time(ns: bigint | number | undefined): string | undefined {
  return ns === undefined ? undefined : formatDuration(ns);
}

function bits(bps: bigint | undefined): string | undefined {
  return bps === undefined ? undefined : formatRate(bps);
}

function said(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
