import {
  type Block,
  bootstrapRatio,
  type Comparison,
  compare,
  median,
  quantile,
  type RatioInterval,
  seededRandom,
} from '../src/bench/statistics.ts';
import type { Departure } from './yard.ts';

/** A side of the yardstick: how late its packets left, in ns. */
export interface Side {
  packets: number;
  /** How many left before their launch time. */
  early: number;
  median: number;
  p99: number;
}

/** A pod's packets beside those of an application on the node, through the same qdisc in the same run. */
export interface Yardstick {
  pod: Side;
  node: Side;
  /** Both sides' medians, over stretches of the run. */
  medians: Comparison;
  /** The ratio of both sides' 99th percentiles, and between which ratios it lies. */
  p99Ratio: RatioInterval;
}

/** So long a machine is the same for both sides. */
const STRETCH_NS = 50_000_000n;

/** `releaseNs`: how long before its launch time the qdisc lets a packet go; the lateness counts from there. */
export function compareLateness(
  pod: readonly Departure[],
  node: readonly Departure[],
  releaseNs: number,
): Yardstick {
  const late = ({ left_ns, asked_time_ns }: Departure) => Number(left_ns - asked_time_ns) + releaseNs;
  const side = (packets: readonly Departure[]): Side => {
    const all = packets.map(late);
    return {
      packets: all.length,
      early: all.filter((ns) => ns < 0).length,
      median: quantile(all, 0.5),
      p99: quantile(all, 0.99),
    };
  };
  const stretches = (packets: readonly Departure[]) =>
    Map.groupBy(packets, ({ monotonic_ns }) => monotonic_ns / STRETCH_NS);
  const against = stretches(node);
  const blocks: Block[] = [...stretches(pod)].flatMap(([at, packets]) => {
    const others = against.get(at);
    return others ? [{ values: packets.map(late), against: others.map(late) }] : [];
  });
  return {
    pod: side(pod),
    node: side(node),
    medians: compare(
      blocks.map(({ values, against }) => ({ value: median(values), against: median(against) })),
    ),
    p99Ratio: bootstrapRatio(blocks, 0.99, { random: seededRandom(1) }),
  };
}

/** One line, in microseconds. */
export function describeYardstick({ pod, node, medians, p99Ratio }: Yardstick): string {
  const us = (ns: number) => Math.round(ns / 1000);
  const side = ({ packets, early, median, p99 }: Side) =>
    `${packets} packets, median ${us(median)} us, p99 ${us(p99)} us, ${early} early`;
  const { ratio, low, high } = p99Ratio;
  const ratios = `median x${medians.ratio.toFixed(3)}, p99 x${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return `pod ${side(pod)}; node ${side(node)}; ${ratios}`;
}
