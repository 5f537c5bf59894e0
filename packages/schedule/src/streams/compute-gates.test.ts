import { TsnctlError } from '@tsnctl/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedule } from '../../test/schedule.ts';
import { readSchedule } from '../read-schedule.ts';
import type { Schedule, Stream } from '../schedule.ts';
import { isRefused, validate } from '../validate.ts';
import { computeGates } from './compute-gates.ts';
import { waitingTimes } from './waiting-time.ts';

const GIGABIT = 1_000_000_000n;

const text = (streams: string) => `
classes:
  - {name: rest, priorities: 0-5}
  - {name: video, priorities: 6}
  - {name: control, priorities: 7}
streams:
${streams}`;

const read = (streams: string): Schedule => readSchedule(text(streams), { file: 's.yaml' }).schedule;

describe('gates for streams', () => {
  it('open each class once a cycle, as often as the deadlines ask', () => {
    const made = computeGates(
      read(`
  - {name: axis, class: control, period: 1ms, size: 128, deadline: 300us}
  - {name: camera, class: video, period: 2ms, size: 1500, deadline: 1ms}`),
      GIGABIT,
    );
    expect(made.cycle).toBe(250_000n);
    expect(made.gates).toEqual([
      { open: 4, for: 1184 },
      { open: 2, for: 12_160 },
      { open: 1, for: 236_656 },
    ]);
    expect(validate(made, { linkSpeed: GIGABIT })).toEqual([]);
  });

  it('begin with the guard band that is asked for', () => {
    const asked = { ...read('  - {name: axis, class: control, period: 1ms, size: 128}'), guardBand: 20_000 };
    expect(computeGates(asked, GIGABIT).gates.slice(0, 2)).toEqual([
      { open: 0, for: 20_000 },
      { open: 4, for: 1184 },
    ]);
  });

  it('keep every deadline, or say which cannot be kept', () => {
    let kept = 0;
    const streams = fc.array(
      fc.record({
        class: fc.integer({ min: 1, max: 3 }),
        size: fc.integer({ min: 64, max: 1522 }),
        period: fc.constantFrom(250_000n, 500_000n, 1_000_000n, 1_500_000n),
        deadline: fc.integer({ min: 20_000, max: 3_000_000 }).map(BigInt),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(streams, (all) => {
        const asked = schedule({
          classes: ['rest', 'a', 'b', 'c'].map((name, tc) => ({
            name,
            priorities: [tc],
            queues: { count: 1 },
          })),
          streams: all.map((one, at): Stream => ({ ...one, name: `s${at}` })),
        });
        try {
          const made = computeGates(asked, GIGABIT);
          kept++;
          expect(made).toEqual(computeGates(asked, GIGABIT)); // the same every time
          for (const [at, { delayNs = Number.POSITIVE_INFINITY }] of waitingTimes(made, GIGABIT).entries())
            expect(BigInt(delayNs)).toBeLessThanOrEqual(all[at]?.deadline ?? 0n);
          expect(isRefused(validate(made, { linkSpeed: GIGABIT, txQueues: 4 }))).toBe(false);
        } catch (error) {
          if (!(error instanceof TsnctlError)) throw error;
          expect(error.code).toBe('INFEASIBLE');
          expect(error.hint).toBeDefined();
        }
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(kept).toBeGreaterThan(20);
  });

  it.each([
    [
      'more than the link holds',
      '  - {name: camera, class: video, period: 10us, size: 1500}',
      'the streams need 122 percent of a link of 1Gbit',
      'longer periods, smaller frames, fewer streams or a faster link',
    ],
    [
      'a deadline that no cycle meets',
      '  - {name: axis, class: control, period: 1ms, size: 128, deadline: 2us}',
      'axis shall be gone after 2us, and can take 16.808us even with the best cycle that divides all periods, 15.625us',
      'deadline: 16808ns for axis',
    ],
    [
      'periods with too small a divisor',
      '  - {name: axis, class: control, period: 999999ns, size: 128}\n  - {name: b, class: video, period: 1ms, size: 128}',
      'the longest cycle that divides all periods is 1ns; the streams take 2.368us of it, and what is left holds no frame of 1522 bytes of the other classes, 12.336us',
      'periods with a larger common divisor',
    ],
  ])('cannot be computed for %s', (_, streams, message, hint) => {
    expect(() => computeGates(read(streams), GIGABIT)).toThrow(
      expect.objectContaining({ code: 'INFEASIBLE', message, hint: expect.stringContaining(hint) }),
    );
  });
});
