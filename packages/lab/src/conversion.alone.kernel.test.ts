import { clockNs } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { EVERYTHING, NEEDS, Plane } from '../test/plane.ts';
import { Traffic } from '../test/traffic.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const COUNT = 2000;
const INTERVAL_US = 300; // so that the packets meet more than a hundred ticks
/** The restorer reads both clocks once a tick, one after the other: 66 ns apart at most when this was written. */
const TYPICAL_ERROR_NS = 2_000;
const MAX_ERROR_NS = 100_000; // an interrupt may come in between

it.for([
  ['mono', 'tai'],
  ['tai', 'mono'],
] as const)('a launch time in %s is moved to %s', async ([from, to]) => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { clock: to, policy: EVERYTHING });
  const before = taiMinusMono();
  const load = { count: COUNT, intervalUs: INTERVAL_US };
  await using traffic = await Traffic.start(lab, plane, [{ priority: 5, txtime: from }], load);
  const packets = await traffic.done();
  const offset = taiMinusMono();
  expect(Math.abs(Number(offset.ns - before.ns))).toBeLessThan(before.error + offset.error); // nobody stepped a clock

  const errors = packets
    .map(({ tstamp, asked_time_ns }) => {
      const moved = to === 'tai' ? tstamp - asked_time_ns : asked_time_ns - tstamp;
      return Number(moved - offset.ns);
    })
    .sort((a, b) => Math.abs(a) - Math.abs(b));
  expect(errors).toHaveLength(COUNT);
  expect(Math.abs(errors[COUNT / 2] ?? Number.NaN)).toBeLessThan(TYPICAL_ERROR_NS + offset.error);
  expect(Math.abs(errors.at(-1) ?? Number.NaN)).toBeLessThan(MAX_ERROR_NS + offset.error);
});

/** TAI between two readings of MONOTONIC: the closest pair of many, and how far off that may be. */
function taiMinusMono(): { ns: bigint; error: number } {
  const pairs = Array.from({ length: 2000 }, () => {
    const first = clockNs('monotonic');
    const tai = clockNs('tai');
    const second = clockNs('monotonic');
    return { ns: tai - (first + second) / 2n, error: Number(second - first) / 2 + 1 };
  });
  return pairs.reduce((best, pair) => (pair.error < best.error ? pair : best));
}
