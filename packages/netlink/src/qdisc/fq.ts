import { array, type Infer, i32, i64, mapped, u8, u32, u64 } from '@tsnctl/codec';
import { growing } from '../growing.ts';
import { orderedAttrs } from '../ordered.ts';
import { type Word, words } from '../words.ts';
import type { QdiscKind } from './kind.ts';
import { type PrioOptions, prioOptions } from './prio.ts';

/** 1024 as 10. */
const log2 = mapped(
  u32,
  (log) => 2 ** log,
  (count, fail) =>
    Number.isInteger(Math.log2(count)) ? Math.log2(count) : fail(`${count} is no power of two`),
);

const bool32 = mapped(u32, (value) => value !== 0, Number);
const boolean8 = mapped(u8, (value) => value !== 0, Number);

// TCA_FQ_* in linux/pkt_sched.h, in the order in which tc(8) sends them
const options = orderedAttrs({
  buckets: [8, log2],
  limitPackets: [1, u32],
  flowLimitPackets: [2, u32],
  quantumBytes: [3, u32],
  initialQuantumBytes: [4, u32],
  pacing: [5, bool32],
  maxRateBps: [7, u32],
  lowRateThresholdBps: [11, u32],
  refillDelayUs: [9, u32],
  orphanMask: [10, u32],
  ceThresholdUs: [12, u32],
  timerSlackNs: [13, u32],
  horizonUs: [14, u32],
  horizonDrop: [15, boolean8],
  bands: [16, prioOptions],
  weights: [17, array(i32, 3)],
  offloadHorizonUs: [18, u32],
});

/**
 * tc-fq(8). Rates are in bytes a second, 4294967295 is none. `horizonDrop` drops what is due later than the horizon
 * from now, instead of sending it then. Linux 6.7: `bands` and their `weights`; 6.13: what is due within
 * `offloadHorizonUs` goes to the NIC.
 */
export type FqOptions = Infer<typeof options>;

// struct tc_fq_qd_stats in linux/pkt_sched.h; Linux 6.7 has the fields from fastpathPackets on
const appStats = growing({
  gcFlows: u64,
  highprioPackets: u64,
  tcpRetrans: u64,
  throttled: u64,
  flowsPlimit: u64,
  pktsTooLong: u64,
  allocationErrors: u64,
  timeNextDelayedFlowNs: i64,
  flows: u32,
  inactiveFlows: u32,
  throttledFlows: u32,
  unthrottleLatencyNs: u32,
  ceMark: u64,
  horizonDrops: u64,
  horizonCaps: u64,
  fastpathPackets: u64,
  bandDrops: array(u64, 3),
  bandPktCount: array(u32, 3),
});

export type FqStats = Infer<typeof appStats>;

/** Fair queue with pacing: holds a packet back until its launch time, in CLOCK_MONOTONIC. */
export const fq: QdiscKind<FqOptions, FqStats> = {
  kind: 'fq',
  multiClass: false,
  clock: 'mono',
  timeAware: true,
  options,
  defaults: {},
  words: (spec) => [
    ...words({
      limit: spec.limitPackets,
      flow_limit: spec.flowLimitPackets,
      buckets: spec.buckets,
      orphan_mask: spec.orphanMask,
      quantum: spec.quantumBytes,
      initial_quantum: spec.initialQuantumBytes,
      low_rate_threshold: unit(spec.lowRateThresholdBps, 'bps'),
      maxrate: unit(spec.maxRateBps, 'bps'),
      refill_delay: unit(spec.refillDelayUs, 'us'),
      ce_threshold: unit(spec.ceThresholdUs, 'us'),
      timer_slack: unit(spec.timerSlackNs, 'ns'),
      horizon: unit(spec.horizonUs, 'us'),
      offload_horizon: unit(spec.offloadHorizonUs, 'us'),
    }),
    ...choice(spec.horizonDrop, 'horizon_drop', 'horizon_cap'),
    ...choice(spec.pacing, 'pacing', 'nopacing'),
    ...(spec.bands ? bandWords(spec.bands) : []),
    ...(spec.weights ? ['weights', ...spec.weights] : []),
  ],
  appStats,
};

function unit(value: number | undefined, name: string): string | undefined {
  return value === undefined ? undefined : `${value}${name}`;
}

function choice(value: boolean | undefined, yes: string, no: string): Word[] {
  return value === undefined ? [] : [value ? yes : no];
}

function bandWords({ bands, priomap }: PrioOptions): Word[] {
  return ['bands', bands, 'priomap', ...priomap];
}
