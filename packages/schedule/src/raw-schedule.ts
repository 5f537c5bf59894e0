import * as z from 'zod';
import { classes } from './raw-classes.ts';
import { choice, flag, quantity, whole } from './raw-values.ts';
import { clocks, offloads, scheduleKinds } from './schedule.ts';
import { duration, rate, size } from './units.ts';

/** A gate's interval and a delta are 32 bits in the kernel; times are 63. */
const MAX_INTERVAL_NS = 0xffff_ffffn;
const MAX_TIME_NS = 0x7fff_ffff_ffff_ffffn;
/** What fits in one message to the kernel, with room to spare. */
const MAX_GATES = 1024;
const MAX_STREAMS = 1024;

const interval = quantity(duration, { min: 1n, max: MAX_INTERVAL_NS }).transform(Number);
const time = quantity(duration, { min: 0n, max: MAX_TIME_NS });
const linkRate = quantity(rate, { min: 1n, max: 0xffff_ffff_ffff_ffffn });

const gate = z.strictObject({
  open: z.union([z.array(z.string()), z.int(), z.string()], {
    error: 'neither names of classes nor a mask',
  }),
  for: interval,
  preemption: choice(['hold', 'release']).optional(),
});

const stream = z.strictObject({
  name: z.string().min(1),
  class: z.union([z.string(), z.int()]),
  period: quantity(duration, { min: 1n, max: MAX_INTERVAL_NS }),
  size: quantity(size, { min: 1n, max: 65_535n }).transform(Number),
  deadline: quantity(duration, { min: 1n, max: MAX_TIME_NS }).optional(),
});

const etf = z.strictObject({
  delta: quantity(duration, { min: 0n, max: 0x7fff_ffffn }).transform(Number).default(0),
  offload: flag().default(false),
  deadlineMode: flag().default(false),
  skipSockCheck: flag().default(false),
});

const cbs = z.strictObject({
  idleSlope: linkRate,
  sendSlope: quantity(rate, { min: -0x7fff_ffffn * 1000n, max: 0n }).optional(),
  hiCredit: whole(0, 0x7fff_ffff).optional(),
  loCredit: whole(-0x7fff_ffff, 0).optional(),
  offload: flag().default(false),
});

const fq = z.strictObject({
  limit: whole(1, 0xffff_ffff).optional(),
  flowLimit: whole(1, 0xffff_ffff).optional(),
  buckets: whole(1, 0xffff_ffff).optional(),
  quantum: whole(1, 0xffff_ffff).optional(),
  initialQuantum: whole(1, 0xffff_ffff).optional(),
  maxRate: linkRate.optional(),
  pacing: flag().optional(),
  timerSlack: interval.optional(),
  horizon: quantity(duration, { min: 0n, max: MAX_INTERVAL_NS * 1000n }).optional(),
  horizonDrop: flag().optional(),
});

const bytes = quantity(size, { min: 1n, max: 0xffff_ffffn }).transform(Number);

const tbf = z.strictObject({ rate: linkRate, burst: bytes, limit: bytes });

/** A file's shape, with names where a Schedule has numbers. */
export const rawSchedule = z.strictObject({
  qdisc: choice(scheduleKinds).optional(),
  dev: z.string().min(1).max(15).optional(),
  linkSpeed: linkRate.optional(),
  clock: choice(Object.keys(clocks) as (keyof typeof clocks)[]).default('tai'),
  offload: choice(offloads).default('none'),
  txtimeDelay: interval.optional(),
  baseTime: time.default(0n),
  cycle: quantity(duration, { min: 1n, max: MAX_TIME_NS }).optional(),
  cycleExtension: time.optional(),
  guardBand: interval.optional(),
  ptpPriority: whole(0, 15).default(0),
  maxGates: whole(1, MAX_GATES).optional(),
  classes: classes(etf, cbs).default([]),
  gates: z
    .array(gate)
    .max(MAX_GATES, `more than ${MAX_GATES} gates`)
    .check((context) => {
      if (context.value.length > 0) return;
      context.issues.push({
        code: 'custom',
        input: context.value,
        message: 'the list is empty: a schedule needs gates',
        params: {
          hint: 'a gate such as {open: [NAME], for: 125us}; or streams, from which gates are computed',
        },
      });
    })
    .optional(),
  streams: z
    .array(stream)
    .min(1, 'the list is empty')
    .max(MAX_STREAMS, `more than ${MAX_STREAMS} streams`)
    .optional(),
  etf: etf.optional(),
  cbs: cbs.optional(),
  fq: fq.optional(),
  tbf: tbf.optional(),
  limit: whole(1, 0xffff_ffff).optional(),
});

export type RawSchedule = z.infer<typeof rawSchedule>;
