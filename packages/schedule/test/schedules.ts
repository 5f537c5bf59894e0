import fc from 'fast-check';
import type { Gate, Schedule, ScheduleClass } from '../src/schedule.ts';
import { schedule } from './schedule.ts';

const interval = fc.integer({ min: 1, max: 0xffff_ffff });
const time = fc.bigInt({ min: 0n, max: 0x7fff_ffff_ffff_ffffn });

const etf = fc.record({
  delta: fc.integer({ min: 0, max: 0x7fff_ffff }),
  offload: fc.boolean(),
  deadlineMode: fc.boolean(),
  skipSockCheck: fc.boolean(),
});
const cbs = fc.record({
  idleSlope: fc.integer({ min: 1, max: 1_000_000 }).map((kbit) => BigInt(kbit) * 1000n),
  sendSlope: fc.integer({ min: -1_000_000, max: 0 }).map((kbit) => BigInt(kbit) * 1000n),
  hiCredit: fc.integer({ min: 0, max: 100_000 }),
  loCredit: fc.integer({ min: -100_000, max: 0 }),
  offload: fc.boolean(),
});

/** Classes that have all priorities among them, each with TX queues of its own, that may leave some out. */
export const classes = fc
  .record({
    of: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 16, maxLength: 16 }),
    all: fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 3 }),
        skip: fc.constantFrom(0, 0, 0, 1),
        maxFrame: fc.option(fc.integer({ min: 64, max: 9000 }), { nil: undefined }),
        shaper: fc.option(
          fc.oneof(
            etf.map((of) => ({ etf: of })),
            cbs.map((of) => ({ cbs: of })),
          ),
          { nil: {} },
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  })
  .map(({ of, all }): ScheduleClass[] => {
    let next = 0;
    return all.map(({ count, skip, maxFrame, shaper }, tc) => {
      const first = skip ? next + skip : undefined;
      next += skip + count;
      return {
        name: `class${tc}`,
        priorities: of.flatMap((one, priority) => (one % all.length === tc ? [priority] : [])),
        queues: { count, ...(first !== undefined && { first }) },
        ...(maxFrame !== undefined && { maxFrame }),
        ...shaper,
      };
    });
  });

const gatesFor = (count: number) =>
  fc.array(
    fc
      .record({
        open: fc.integer({ min: 0, max: 2 ** count - 1 }),
        for: interval,
        preemption: fc.constantFrom(undefined, undefined, 'hold' as const, 'release' as const),
      })
      .map(({ preemption, ...gate }): Gate => ({ ...gate, ...(preemption && { preemption }) })),
    { minLength: 1, maxLength: 16 },
  );

/** Schedules of taprio as a file could have them, not all of them sensible. */
export const taprioSchedules = classes.chain((made) =>
  fc
    .record({
      gates: gatesFor(made.length),
      baseTime: time,
      cycle: fc.option(
        time.filter((ns) => ns > 0n),
        { nil: undefined },
      ),
      cycleExtension: fc.option(
        time.filter((ns) => ns > 0n),
        { nil: undefined },
      ),
      offload: fc.constantFrom('none' as const, 'txtime-assist' as const, 'full' as const),
      txtimeDelay: fc.option(interval, { nil: undefined }),
    })
    .map(
      ({ gates, ...rest }): Schedule =>
        schedule({
          classes: made,
          gates,
          ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
        }),
    ),
);

/** Of mqprio: nothing that only taprio has. */
export const mqprioSchedules = classes.map((made) =>
  schedule({ qdisc: 'mqprio', classes: made.map(({ maxFrame: _, ...one }) => one) }),
);
