import { measured } from '@tsnctl/lab';
import { replaceQdisc, type TaprioOptions } from '@tsnctl/netlink';
import { type Schedule, validate } from '@tsnctl/schedule';
import { type Part, pause } from './part.ts';

/** A taprio with as many entries as the largest NICs take. */
export const encodePart: Part = {
  title: 'a taprio with 256 entries',
  async run({ schedules }, signal) {
    const options: TaprioOptions = {
      numTc: 8,
      map: [0, 1, 2, 3, 4, 5, 6, 7],
      queues: Array.from({ length: 8 }, (_, offset) => ({ count: 1, offset })),
      clockid: 'CLOCK_TAI',
      baseTimeNs: 1_000_000_000n,
      entries: Array.from({ length: 256 }, (_, n) => ({
        command: 'S',
        gateMask: 1 + (n % 255),
        intervalNs: 10_000 + n,
      })),
    };
    const times: number[] = [];
    for (let n = 0; n < schedules / 20; n++) {
      if (n % 1000 === 0) await pause(signal);
      const start = performance.now();
      replaceQdisc({ index: 1, kind: 'taprio', handle: 0x1_0000, options });
      times.push(1e6 * (performance.now() - start));
    }
    return [measured('encode/taprio-256', 'ns', times, { goal: 100_000 })];
  },
};

const CHUNK = 1000;

/** Schedules of 16 gates at random, most of them wrong in several ways. */
export const validatePart: Part = {
  title: 'schedules of 16 gates, validated',
  async run({ schedules }, signal) {
    const random = randomFrom(1);
    const all = Array.from({ length: schedules }, () => randomSchedule(random));
    const context = { linkSpeed: 1_000_000_000n, txQueues: 8, mtu: 1500, now: { tai: 10n ** 18n } };
    const chunks: number[] = []; // the middle of many stretches: a busy machine stalls now and then
    let findings = 0;
    for (let n = 0; n < schedules; n += CHUNK) {
      await pause(signal);
      const start = performance.now();
      for (const schedule of all.slice(n, n + CHUNK)) findings += validate(schedule, context).length;
      chunks.push((1e6 * (performance.now() - start)) / CHUNK);
    }
    if (findings === 0) throw new Error('of all these schedules none was found wrong');
    return [measured('validate/16-gates', 'ns', chunks, { goal: 10_000 })]; // 100,000 a second
  },
};

function randomSchedule(random: (limit: number) => number): Schedule {
  return {
    qdisc: 'taprio',
    clock: 'tai',
    offload: 'none',
    baseTime: BigInt(random(1_000_000_000)),
    ptpPriority: 0,
    classes: Array.from({ length: 4 }, (_, tc) => ({
      name: `class-${tc}`,
      priorities: [2 * tc, 2 * tc + 1],
      queues: { count: 1 + random(2) },
      ...(random(2) === 0 && { maxFrame: 64 + random(1500) }),
    })),
    gates: Array.from({ length: 16 }, () => ({ open: random(16), for: 1 + random(1_000_000) })),
    streams: [],
  };
}

/** Numbers from 0 to below `limit`, the same ones for the same seed: mulberry32. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}
