import { measured } from '@tsnctl/lab';
import type { Measure } from '../run-bench.ts';
import { loadBench } from './stage.ts';

/** Five million events a second. */
const GOAL_NS = 200;
const BURST = 300_000;

interface Event {
  time_ns: bigint;
  number: bigint;
  flow: number;
  queue: number;
  priority: number;
  verdict: number;
}

/** Events that a program has stored before the clock starts: what reading and decoding one takes. */
export const ring: Measure = async ({ quick }) => {
  using object = loadBench({ burst: BURST });
  using program = object.program('sending');
  using ring = object.ringBuffer<Event>('events', { type: 'event', dropped: 'dropped' });
  const drained: number[] = [];
  const awaited: number[] = [];
  const rounds = quick ? 5 : 21;
  for (let round = 0; round < rounds; round++) {
    program.testRun(new Uint8Array(64));
    let sum = 0;
    let before = performance.now();
    const count = ring.drain(({ flow }) => {
      sum += flow;
    });
    const drain = ((performance.now() - before) * 1e6) / count;
    expectAll(count, sum);

    program.testRun(new Uint8Array(64));
    before = performance.now();
    let seen = 0;
    for await (const _ of ring) if (++seen === BURST) break;
    if (round === 0) continue;
    drained.push(drain);
    awaited.push(((performance.now() - before) * 1e6) / seen);
  }
  if (ring.stats().dropped !== 0n) throw new Error(`${ring.stats().dropped} events were dropped`);
  return [
    measured('ring/drain', 'ns', drained, { goal: GOAL_NS }),
    measured('ring/for-await', 'ns', awaited),
  ];
};

function expectAll(count: number, sum: number): void {
  if (count !== BURST || sum !== (BURST * (BURST - 1)) / 2)
    throw new Error(`${count} of ${BURST} events came`);
}
