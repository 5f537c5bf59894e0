import { expect, it } from 'vitest';
import type { Observation } from '../observer.ts';
import { addVerdicts, judgeAll } from './verdict.ts';

function packet(carries: Partial<Observation>): Observation {
  return {
    flow: 1,
    seq: 0,
    asked_priority: 3,
    asked_clock: 1,
    asked_time_ns: 500n,
    tstamp: 500n,
    priority: 3,
    tstamp_type: 1,
    ifindex: 1,
    queue: 0,
    segments: 0,
    fragment: 0,
    vlan: 0,
    packet: 1,
    ...carries,
  };
}

it.each([
  ['what it asked for', {}, {}],
  ["another's priority", { priority: 6 }, { wrongPriority: 1 }],
  ["another's launch time", { tstamp: 501n }, { wrongTime: 1 }],
  ['both', { priority: 6, tstamp: 1n }, { wrongPriority: 1, wrongTime: 1 }],
  ['a launch time that it did not ask for', { asked_time_ns: 0n }, { wrongTime: 1 }],
  ['a priority that it did not ask for', { asked_priority: 0 }, { wrongPriority: 1 }],
  ['no priority', { priority: 0 }, { lost: 1 }],
  ['no launch time', { tstamp: 0n }, { lost: 1 }],
  ['nothing at all', { priority: 0, tstamp: 0n }, { lost: 1 }],
  ['nothing, as it asked', { asked_priority: 0, priority: 0, asked_time_ns: 0n, tstamp: 0n }, {}],
])('a packet with %s', (_, carries, expected) => {
  const all = { judged: 1, wrongPriority: 0, wrongTime: 0, lost: 0, ...expected };
  expect(judgeAll([packet(carries)])).toEqual(all);
  expect(judgeAll([packet(carries), packet(carries)])).toEqual(addVerdicts(all, all));
});
