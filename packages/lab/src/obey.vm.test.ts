import { kernelAtLeast } from '@tsnctl/linux';
import { useLeakCheck, virtualMachine } from '@tsnctl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeYardstick } from '../test/lateness.ts';
import { ALL_GATES, CLASS_OF, mqprio, taprio } from '../test/qdiscs.ts';
import {
  CONVERTED,
  compareRelease,
  HOLDING,
  MODES,
  RELEASES,
  type Release,
  releaseWithout,
} from '../test/release.ts';
import { type Asks, type Departure, Yard } from '../test/yard.ts';
import { Lab } from './lab.ts';

const FULL = virtualMachine()?.set === 'full';
const MS = 1_000_000;

let lab: Lab;
let yard: Yard;

useLeakCheck();
beforeAll(() => {
  lab = Lab.create();
  yard = new Yard(lab);
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Since 6.11 a launch time crosses a border of namespaces by itself; a priority never does. */
const KEEPS_TIMES = kernelAtLeast(6, 11);
/** Which clock a launch time is in, fq has not asked on 6.12, and does on 7.2. */
const FQ_KNOWS_TAI = kernelAtLeast(7, 2);

describe('fq and etf release a packet of a pod when they release one of the node itself', () => {
  const COUNT = FULL ? 5200 : 1500;
  /** So much later than the node's would be another clock, or none. How near they are, `bench:obey` measures. */
  const NEAR = 2;
  /** A restorer reads both clocks once a tick, one after the other: a machine that stalls in between moves a time. */
  const EARLY_IF_CONVERTED = 0.01;

  it.for(FULL ? RELEASES : CONVERTED)(
    '$qdisc, the pod asks in $asks, $mode mode',
    async (release, { annotate }) => {
      const { qdisc, asks, mode } = release;
      const { clock, leadMs } = HOLDING[qdisc];
      expect(fate(await releaseWithout(yard, release, 100), 100, leadMs)).toBe(withoutProxy(release));

      const yardstick = await compareRelease(yard, release, COUNT);
      await annotate(`${qdisc}, ${asks}, ${mode} mode: ${describeYardstick(yardstick)}`);
      const { pod, node, medians } = yardstick;
      const dropped = yard.drops(qdisc); // by etf, what a machine that stood still has kept from leaving
      expect(pod.packets + node.packets + dropped).toBe(2 * COUNT);
      if (qdisc === 'fq') expect(dropped).toBe(0);
      for (const { packets } of [pod, node]) expect(packets).toBeGreaterThan(COUNT / 2);
      expect(node.early).toBe(0);
      expect(pod.early).toBeLessThanOrEqual(asks === clock ? 0 : COUNT * EARLY_IF_CONVERTED);
      expect(medians.ratio).toBeLessThan(NEAR);
    },
  );

  /** What becomes of a pod's packets without the proxy. */
  function withoutProxy({ qdisc, asks }: Release): 'dropped' | 'on time' | 'at once' {
    if (!KEEPS_TIMES || qdisc === 'etf') return 'at once'; // without its priority it does not get to the etf
    return asks === 'tai' && !FQ_KNOWS_TAI ? 'dropped' : 'on time'; // as half a century past its horizon
  }

  /** What became of so many packets. */
  function fate(packets: readonly Departure[], count: number, leadMs: number): string {
    if (packets.length === 0) return 'dropped';
    const late = packets.map(({ left_ns, asked_time_ns }) => Number(left_ns - asked_time_ns));
    const share = (is: (ns: number) => boolean) => late.filter(is).length / count;
    if (share((ns) => ns >= 0) === 1) return 'on time';
    if (packets.length === count && share((ns) => ns < (-leadMs * MS) / 2) > 0.9) return 'at once';
    return `${packets.length} of ${count} left, ${share((ns) => ns < 0) * count} of them early`;
  }
});

describe('each priority gets into its class, counted at its queue', () => {
  const PRIORITIES = [0, 1, 2, 3, 4, 5, 6];
  const count = (priority: number) => 20 + 10 * priority;
  const asks = PRIORITIES.map(
    (priority): Asks => ({ from: 'pod', priority, count: count(priority), intervalUs: 1000 }),
  );
  /** How many packets each queue should count. */
  const perQueue = (classOf: (priority: number) => number) =>
    [0, 1, 2, 3].map((queue) =>
      PRIORITIES.filter((priority) => classOf(priority) === queue).reduce((sum, one) => sum + count(one), 0),
    );

  it.for([
    ['mqprio', mqprio],
    ['taprio', taprio({ mask: ALL_GATES, intervalNs: 10 * MS })],
  ] as const)('of %s', async ([, qdisc]) => {
    yard.furnish([qdisc]);
    const without = (await yard.run(asks)).flat();
    expect(classes(without)).toEqual(PRIORITIES.map((priority) => [priority, count(priority), [0]]));
    expectCounted(
      yard.queued(),
      perQueue(() => 0),
    );

    yard.furnish([qdisc]);
    yard.attach();
    const withProxy = (await yard.run(asks)).flat();
    expect(classes(withProxy)).toEqual(
      PRIORITIES.map((priority) => [priority, count(priority), [CLASS_OF[priority]]]),
    );
    expectCounted(
      yard.queued(),
      perQueue((priority) => CLASS_OF[priority] ?? 0),
    );
  });

  /** In which queues the packets of each priority were. */
  function classes(packets: readonly Departure[]): [priority: number, packets: number, queues: number[]][] {
    const grouped = Map.groupBy(packets, ({ asked_priority }) => asked_priority);
    return [...grouped]
      .map(([priority, of]): [number, number, number[]] => [
        priority,
        of.length,
        [...new Set(of.map(({ queue }) => queue))],
      ])
      .sort(([a], [b]) => a - b);
  }

  /** The kernel's own packets, such as ARP, are in class 0. */
  function expectCounted(counted: readonly number[], expected: readonly number[]): void {
    const [first = 0, ...others] = counted;
    expect(others).toEqual(expected.slice(1));
    expect(first).toBeGreaterThanOrEqual(expected[0] ?? 0);
  }
});

describe('the gates of taprio hold', () => {
  const PRIORITY = 5;
  const COUNT = 1500;
  const WINDOW = 40 * MS;
  const CYCLE = 2 * WINDOW;
  /** From the qdisc, which looks at its clock, to the other end of the wire: for both sides alike. */
  const TOLERANCE = 5 * MS;
  /** A machine that stands still as a gate opens has a whole window's packets on its way. Without gates it is half of all. */
  const STRAY = 0.05;
  const gates = taprio(
    { mask: 1 << CLASS_OF[PRIORITY], intervalNs: WINDOW },
    { mask: ALL_GATES & ~(1 << CLASS_OF[PRIORITY]), intervalNs: WINDOW },
  );
  const asks: Asks = { from: 'pod', priority: PRIORITY, count: COUNT, intervalUs: 1980 };

  it.for(MODES)('for a pod as for the node itself, %s mode', async (mode, { annotate }) => {
    yard.furnish([gates]);
    const [bare = []] = await yard.run([{ ...asks, count: 200 }]);
    expect(bare).toHaveLength(200);
    expect(outside(bare, WINDOW)).toBeLessThanOrEqual(bare.length * STRAY); // in the window of the default class

    yard.furnish([gates]);
    yard.attach({ mode });
    const [pods = [], nodes = []] = await yard.run([asks, { ...asks, from: 'node', intervalUs: 2020 }]);
    const found = { pod: outside(pods, 0), node: outside(nodes, 0) };
    await annotate(`taprio, ${mode} mode: ${JSON.stringify(found)} of ${COUNT} outside of the window`);
    expect([pods.length, nodes.length]).toEqual([COUNT, COUNT]);
    expect(found.node).toBeLessThanOrEqual(COUNT * STRAY);
    expect(found.pod).toBeLessThanOrEqual(COUNT * STRAY);
  });

  /** How many did not leave in the window that opens at `from` in every cycle. */
  function outside(packets: readonly Departure[], from: number): number {
    return packets.filter(({ left_ns }) => {
      const inCycle = Number((left_ns - BigInt(from)) % BigInt(CYCLE));
      return inCycle > WINDOW + TOLERANCE;
    }).length;
  }
});
