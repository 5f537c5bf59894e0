import { TsnctlError } from '@tsnctl/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromQdiscs } from '../from-qdiscs.ts';
import { readSchedule } from '../read-schedule.ts';
import { fromTcCommands } from './import-command.ts';
import { fromTcJson } from './import-json.ts';

const words = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'tc qdisc add replace dev root parent handle 1: 100:1 taprio mqprio etf cbs fq prio num_tc map queues 1@0 sched-entry S 01 clockid CLOCK_TAI delta offload flags 0x1 max-sdu priomap bands limit maxrate horizon'.split(
          ' ',
        ),
      ),
      fc.string(),
      fc.integer().map(String),
    ),
    { maxLength: 20 },
  )
  .map((all) => `tc qdisc add dev e root ${all.join(' ')}`);

const json = fc
  .array(
    fc.record({
      kind: fc.constantFrom('taprio', 'mqprio', 'etf', 'cbs', 'prio', 'pfifo', 'fq', 'htb'),
      handle: fc.oneof(fc.constant('1:'), fc.string()),
      root: fc.boolean(),
      options: fc.oneof(
        fc.anything(),
        fc.record({
          tc: fc.integer(),
          map: fc.array(fc.integer()),
          queues: fc.constant([]),
          schedule: fc.anything(),
          bands: fc.integer(),
          priomap: fc.array(fc.integer()),
          limit: fc.integer(),
        }),
      ),
    }),
    { maxLength: 3 },
  )
  .map((value) => JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one)));

/** A value, or an error with a code and in words. */
function only(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TsnctlError)) throw error;
    expect(error.message.length).toBeGreaterThan(0);
  }
}

describe('whatever is read', () => {
  it.each([
    ['commands', words, (text: string) => fromQdiscs(fromTcCommands(text).qdiscs)],
    ['JSON', json, (text: string) => fromQdiscs(fromTcJson(text).qdiscs)],
    ['text as commands', fc.string(), (text: string) => fromTcCommands(text)],
    ['text as JSON', fc.oneof(fc.string(), fc.json()), (text: string) => fromTcJson(text)],
    [
      'text as a schedule',
      fc.oneof(fc.string(), fc.json()),
      (text: string) => readSchedule(text, { file: 'x' }),
    ],
  ] as const)('%s: a schedule, or an error that says why', (_, texts, read) => {
    fc.assert(
      fc.property(texts as fc.Arbitrary<string>, (text) => only(() => read(text))),
      { numRuns: 1000, seed: 1 },
    );
  });
});
