import { bounded, comparison, type Figure, Lab } from '@tsnctl/lab';
import { compareRelease, type Release } from '../../../lab/test/release.ts';
import { Yard } from '../../../lab/test/yard.ts';
import type { BenchPart } from '../run-bench.ts';

export interface Effort {
  releases: readonly Release[];
  /** Of the pod, and as many of the node, at the same time. */
  packets: number;
}

/** Of the medians' ratio; and of the low end of the interval in which that of the 99th percentiles lies. */
const GOAL = 1.1;

/** Departure less the moment of release, of the pod's packets beside the node's. */
export const releasePart: BenchPart<Effort> = {
  title: 'packets of a pod, and of the node, through fq and etf',
  async run({ releases, packets }, signal) {
    await using lab = Lab.create();
    const yard = new Yard(lab);
    const figures: Figure[] = [];
    for (const release of releases) {
      signal.throwIfAborted();
      figures.push(...(await compared(yard, release, packets)));
    }
    return figures;
  },
};

async function compared(yard: Yard, release: Release, packets: number): Promise<Figure[]> {
  const { pod, node, medians, p99Ratio } = await compareRelease(yard, release, packets);
  const name = `release/${release.qdisc}/${release.asks}/${release.mode}`;
  const median = { ...medians, value: us(pod.median), against: us(node.median) };
  const p99 = { value: us(pod.p99), against: us(node.p99) };
  return [
    comparison(`${name}/median`, 'us', median, GOAL),
    bounded(`${name}/p99`, 'us', p99, p99Ratio, GOAL),
  ];
}

function us(ns: number): number {
  return ns / 1000;
}
