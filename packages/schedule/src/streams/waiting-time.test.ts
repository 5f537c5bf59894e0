import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedule } from '../../test/schedule.ts';
import { type SimulatedFrame, simulate } from '../../test/simulate.ts';
import type { Gate, Schedule } from '../schedule.ts';
import { sumOf } from '../windows.ts';
import { wireTimeNs } from '../wire-time.ts';
import { waitingTimes } from './waiting-time.ts';

/** One byte takes 1 ns, so that time by time can be tried. */
const SPEED = 8_000_000_000n;
const wire = (bytes: number) => wireTimeNs(bytes, SPEED);

/** Every stream sends from its phase on, as often as it may; lower classes send without end. */
function simulated(
  made: Schedule,
  phases: readonly number[],
  background: readonly number[],
): (number | undefined)[] {
  const cycle = sumOf(made.gates);
  const until = cycle * 6 + Math.max(0, ...phases);
  const marks: (number | undefined)[] = [];
  const frames: SimulatedFrame[] = [];
  for (const [at, stream] of made.streams.entries()) {
    for (let comesAt = phases[at] ?? 0; comesAt < until - 3 * cycle; comesAt += Number(stream.period)) {
      frames.push({ tc: stream.class, wireNs: wire(stream.size), comesAt });
      marks.push(at);
    }
  }
  for (const [tc, every] of background.entries()) {
    if (made.streams.some((stream) => stream.class === tc)) continue;
    for (let comesAt = 0; every > 0 && comesAt < until; comesAt += every) {
      frames.push({ tc, wireNs: wire(made.classes[tc]?.maxFrame ?? 64), comesAt });
      marks.push(undefined);
    }
  }
  const open = new Int32Array(cycle);
  let from = 0;
  for (const gate of made.gates) {
    open.fill(gate.open, from, from + gate.for);
    from += gate.for;
  }
  const port = {
    cycle,
    classes: made.classes.length,
    isOpen: (tc: number, at: number) => ((open[at] ?? 0) & (1 << tc)) !== 0,
  };
  const gone = simulate(port, frames, until);
  return made.streams.map((_, stream) =>
    gone.reduce<number | undefined>((worst, at, frame) => {
      if (marks[frame] !== stream || at === undefined) return worst;
      return Math.max(worst ?? 0, at - (frames[frame]?.comesAt ?? 0));
    }, undefined),
  );
}

const scenarios = fc
  .integer({ min: 2, max: 3 })
  .chain((classes) =>
    fc.record({
      gates: fc.array(
        fc.record({
          open: fc.integer({ min: 0, max: 2 ** classes - 1 }),
          for: fc.integer({ min: 90, max: 500 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      maxFrames: fc.array(fc.integer({ min: 64, max: 160 }), { minLength: classes, maxLength: classes }),
      streams: fc.array(
        fc.record({
          class: fc.integer({ min: 0, max: classes - 1 }),
          size: fc.integer({ min: 64, max: 160 }),
          period: fc.integer({ min: 300, max: 4000 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      phases: fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 4, maxLength: 4 }),
      background: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: classes, maxLength: classes }),
    }),
  )
  .map(({ gates, maxFrames, streams, phases, background }) => ({
    phases,
    background,
    made: schedule({
      gates: gates as Gate[],
      classes: maxFrames.map((maxFrame, tc) => ({
        name: `c${tc}`,
        priorities: [tc],
        queues: { count: 1 },
        maxFrame,
      })),
      streams: streams.map((stream, at) => ({
        ...stream,
        size: Math.min(stream.size, maxFrames[stream.class] ?? 64),
        name: `s${at}`,
        period: BigInt(stream.period),
      })),
    }),
  }));

describe('the worst waiting time', () => {
  it('is never exceeded, whenever the senders send', () => {
    let limited = 0;
    fc.assert(
      fc.property(scenarios, ({ made, phases, background }) => {
        const seen = simulated(made, phases, background);
        for (const [at, { delayNs }] of waitingTimes(made, SPEED).entries()) {
          if (delayNs === undefined) continue;
          limited++;
          expect(seen[at] ?? 0).toBeLessThanOrEqual(delayNs);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(limited).toBeGreaterThan(100);
  });

  it('is reached: alone in its class, at the worst moment of the cycle', () => {
    const made = schedule({
      gates: [
        { open: 2, for: 300 },
        { open: 1, for: 700 },
      ],
      classes: ['rest', 'control'].map((name, tc) => ({ name, priorities: [tc], queues: { count: 1 } })),
      streams: [{ name: 's', class: 1, size: 100, period: 1000n }],
    });
    const worst = Math.max(
      ...Array.from({ length: 1000 }, (_, phase) => simulated(made, [phase], [])[0] ?? 0),
    );
    expect(waitingTimes(made, SPEED)[0]?.delayNs).toBe(worst);
  });

  it('is made of the closed gate, one lower frame, and its own queue', () => {
    const made = schedule({
      gates: [
        { open: 2, for: 300 },
        { open: 3, for: 700 },
      ],
      classes: ['rest', 'control'].map((name, tc) => ({
        name,
        priorities: [tc],
        queues: { count: 1 },
        maxFrame: 180,
      })),
      streams: [
        { name: 'a', class: 1, size: 100, period: 1000n },
        { name: 'b', class: 1, size: 80, period: 2000n },
      ],
    });
    expect(waitingTimes(made, SPEED)).toEqual([
      { stream: 'a', delayNs: 420, waitingNs: 300, parts: { closedNs: 0, blockingNs: 200, queueNs: 100 } },
      { stream: 'b', delayNs: 420, waitingNs: 320, parts: { closedNs: 0, blockingNs: 200, queueNs: 120 } },
    ]);
  });

  it('has no limit where more comes than the gates let through', () => {
    const made = schedule({
      gates: [
        { open: 2, for: 100 },
        { open: 1, for: 900 },
      ],
      classes: ['rest', 'control'].map((name, tc) => ({ name, priorities: [tc], queues: { count: 1 } })),
      streams: [{ name: 's', class: 1, size: 64, period: 500n }],
    });
    expect(waitingTimes(made, SPEED)).toEqual([
      { stream: 's', delayNs: undefined, waitingNs: undefined, parts: undefined },
    ]);
  });
});
