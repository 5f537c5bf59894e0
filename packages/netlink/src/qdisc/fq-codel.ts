import { type Codec, type Infer, i32, mapped, u8, u32 } from '@tsnctl/codec';
import { growing } from '../growing.ts';
import { orderedAttrs } from '../ordered.ts';
import { words } from '../words.ts';
import type { QdiscKind } from './kind.ts';

const bool32 = mapped(u32, (value) => value !== 0, Number);

// TCA_FQ_CODEL_* in linux/pkt_sched.h, in the order in which tc(8) sends them
const options = orderedAttrs({
  limitPackets: [2, u32],
  flows: [5, u32],
  quantumBytes: [6, u32],
  intervalUs: [3, u32],
  targetUs: [1, u32],
  ecn: [4, bool32],
  ceThresholdUs: [7, u32],
  ceThresholdMask: [11, u8],
  ceThresholdSelector: [10, u8],
  memoryLimitBytes: [9, u32],
  dropBatch: [8, u32],
});

/** tc-fq_codel(8) */
export type FqCodelOptions = Infer<typeof options>;

// struct tc_fq_codel_qd_stats in linux/pkt_sched.h
const qdiscStats = growing({
  maxpacket: u32,
  dropOverlimit: u32,
  ecnMark: u32,
  newFlowCount: u32,
  newFlowsLen: u32,
  oldFlowsLen: u32,
  ceMark: u32,
  memoryUsageBytes: u32,
  dropOvermemory: u32,
});

// struct tc_fq_codel_cl_stats in linux/pkt_sched.h; times are in microseconds
const classStats = growing({
  deficit: i32,
  ldelayUs: u32,
  count: u32,
  lastcount: u32,
  dropping: u32,
  dropNextUs: i32,
});

/** Of the qdisc, or of one flow, where a class stands for a flow. */
export type FqCodelStats = Infer<typeof qdiscStats> | Infer<typeof classStats>;

/** Fair queue with controlled delay, the default of many distributions. */
export const fqCodel: QdiscKind<FqCodelOptions, FqCodelStats> = {
  kind: 'fq_codel',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  options,
  defaults: {},
  words: (spec) => [
    ...words({
      limit: spec.limitPackets,
      flows: spec.flows,
      target: microseconds(spec.targetUs),
      interval: microseconds(spec.intervalUs),
      quantum: spec.quantumBytes,
    }),
    ...(spec.ecn === undefined ? [] : [spec.ecn ? 'ecn' : 'noecn']),
    ...words({
      ce_threshold: microseconds(spec.ceThresholdUs),
      ce_threshold_selector: selector(spec),
      memory_limit: spec.memoryLimitBytes,
      drop_batch: spec.dropBatch,
    }),
  ],
  appStats: stats(),
};

/** struct tc_fq_codel_xstats in linux/pkt_sched.h: a type, and one of the two. */
function stats(): Codec<FqCodelStats> {
  const TCA_FQ_CODEL_XSTATS_CLASS = 1;
  return {
    size: undefined,
    align: 4,
    read: (reader) => (u32.read(reader) === TCA_FQ_CODEL_XSTATS_CLASS ? classStats : qdiscStats).read(reader),
    write: (writer, value) => {
      const isClass = 'deficit' in value;
      u32.write(writer, isClass ? TCA_FQ_CODEL_XSTATS_CLASS : 0);
      (isClass ? classStats : (qdiscStats as Codec<FqCodelStats>)).write(writer, value);
    },
  };
}

function microseconds(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}us`;
}

function selector({ ceThresholdSelector, ceThresholdMask }: FqCodelOptions): string | undefined {
  if (ceThresholdSelector === undefined || ceThresholdMask === undefined) return undefined;
  return `0x${ceThresholdSelector.toString(16)}/0x${ceThresholdMask.toString(16)}`;
}
