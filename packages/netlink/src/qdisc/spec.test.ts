import { describe, expect, it } from 'vitest';
import { refused } from '../../test/refused.ts';
import {
  addClass,
  addQdisc,
  changeQdisc,
  type PriorityMap,
  replaceQdisc,
  type TaprioOptions,
  type TbfOptions,
} from '../index.ts';

const index = 3;
const map: PriorityMap = {
  numTc: 2,
  map: [0, 1],
  queues: [
    { count: 1, offset: 0 },
    { count: 1, offset: 1 },
  ],
};
const entries = [{ command: 'S', gateMask: 3, intervalNs: 1000 }] as const;
const taprio = (options: Partial<TaprioOptions>) => () =>
  replaceQdisc({ index, kind: 'taprio', options: { ...map, entries, clockid: 'CLOCK_TAI', ...options } });

describe('options that contradict themselves', () => {
  it('are refused, with what would do', () => {
    expect(refused(taprio({ map: [0, 1, 2] }))).toEqual([
      'options.map.2: there is no traffic class 2, with 2 of them',
      'a class from 0 to 1, or numTc: 3',
    ]);
    expect(refused(() => addQdisc({ index, kind: 'mqprio', options: { ...map, numTc: 3, hw: 0 } }))).toEqual([
      'options.queues: 2 ranges of queues for 3 traffic classes',
      'one range { count, offset } for each class',
    ]);
    expect(refused(taprio({ numTc: 17 }))).toEqual(['options.numTc: 17 traffic classes', 'from 1 to 16']);
    expect(refused(taprio({ entries: [] }))).toEqual([
      'options.entries: a schedule needs entries',
      "such as { command: 'S', gateMask: 1, intervalNs: 300_000 }",
    ]);
    expect(refused(taprio({ flags: 2 }))).toEqual([
      "options.clockid: with full offload the clock is the NIC's",
      'without clockid, or without flags: 2',
    ]);
    const priomap = Array<number>(16).fill(3);
    expect(refused(() => addQdisc({ index, kind: 'prio', options: { bands: 3, priomap } }))).toEqual([
      'options.priomap.0: there is no band 3, with 3 of them',
      'a band from 0 to 2, or bands: 4',
    ]);
  });

  it('are refused where a rate, a burst or a limit is missing, or too small', () => {
    const htbClass = (rateBps: bigint) => () =>
      addClass({ index, kind: 'htb', parent: 0x1_0000, handle: 0x1_0001, options: { rateBps } });
    expect(refused(htbClass(7n))).toEqual(['options.rateBps: 7 is no rate', 'bytes a second, from 8n']);
    const tbf = (options: object) => () => addQdisc({ index, kind: 'tbf', options: options as TbfOptions });
    expect(refused(tbf({}))).toEqual(['options.rateBps: undefined is no rate', 'bytes a second, from 8n']);
    expect(refused(tbf({ rateBps: 8n, burstBytes: 1 }))).toEqual([
      'options.limitBytes: tbf needs it',
      'a number above 0',
    ]);
    expect(refused(tbf({ rateBps: 8n, burstBytes: 1, limitBytes: 1, mtuBytes: 1 }))).toEqual([
      'options.mtuBytes: it goes with a peak rate',
      'both peakRateBps and mtuBytes, or neither',
    ]);
    expect(
      refused(() =>
        addClass({ index, kind: 'mqprio', parent: 0x1_0000, handle: 0x1_0001, options: undefined }),
      ),
    ).toEqual(['kind: the classes of mqprio cannot be made or changed here', 'htb']);
  });

  it('are refused where only a root can be', () => {
    for (const kind of ['taprio', 'mqprio', 'mq'] as const) {
      expect(refused(() => addQdisc({ index, kind, parent: 0x1_0001 }))).toEqual([
        `parent: ${kind} can only be an interface's root`,
        'no parent',
      ]);
    }
  });

  it('are refused where they are missing and needed', () => {
    expect(refused(() => addQdisc({ index, kind: 'etf' }))).toEqual([
      'options.clockid: etf needs a clock',
      "clockid: 'CLOCK_TAI'",
    ]);
    for (const kind of ['taprio', 'mqprio'] as const) {
      expect(refused(() => addQdisc({ index, kind }))).toEqual([
        'options.numTc: undefined traffic classes',
        'from 1 to 16',
      ]);
    }
  });

  it('are refused where a number does not fit, by its path', () => {
    expect(refused(taprio({ entries: [{ command: 'S', gateMask: 1, intervalNs: -1 }] }))).toEqual([
      'attrs.options.entries.0.intervalNs: -1 is not an integer from 0 to 4294967295',
    ]);
    expect(refused(taprio({ classes: [{ tc: 0, maxSduBytes: 0.5 }] }))).toEqual([
      'attrs.options.classes.0.maxSduBytes: 0.5 is not an integer from 0 to 4294967295',
    ]);
    expect(refused(() => changeQdisc({ index, kind: 'fq', options: { buckets: 1000 } }))).toEqual([
      'attrs.options.buckets: 1000 is no power of two',
    ]);
    expect(
      refused(() => addQdisc({ index, kind: 'etf', options: { clockid: 'TAI' as 'CLOCK_TAI' } })),
    ).toEqual([
      'attrs.options.params.clockid: "TAI" is none of CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI',
    ]);
  });
});
