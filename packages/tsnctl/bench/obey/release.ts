import { bounded, comparison, type Figure, Lab } from '@tsnctl/lab';
import { compareRelease, type Release } from '../../../lab/test/release.ts';
import { Yard } from '../../../lab/test/yard.ts';
import type { BenchPart } from '../run-bench.ts';

export interface Effort {
  /** Of the pod, and as many of the node, at the same time. */
  packets: number;
}

/** How near one has to be to the other: the median; and the low end of the interval in which the ratio of the 99th percentiles lies. */
const GOAL = 1.1;

/** Departure less the moment of release, of the pod's packets beside the node's. */
export function releasePart(release: Release): BenchPart<Effort> {
  const { qdisc, asks, mode } = release;
  return {
    title: `${qdisc}, the pod asks in ${asks}, ${mode} mode`,
    async run({ packets }): Promise<Figure[]> {
      await using lab = Lab.create();
      const { pod, node, medians, p99Ratio } = await compareRelease(new Yard(lab), release, packets);
      const name = `release/${qdisc}/${asks}/${mode}`;
      const p99 = { value: us(pod.p99), against: us(node.p99) };
      return [
        comparison(
          `${name}/median`,
          'us',
          { ...medians, value: us(pod.median), against: us(node.median) },
          GOAL,
        ),
        bounded(`${name}/p99`, 'us', p99, p99Ratio, GOAL),
      ];
    },
  };
}

function us(ns: number): number {
  return ns / 1000;
}
