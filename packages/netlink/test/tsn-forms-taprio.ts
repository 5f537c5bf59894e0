import type { TaprioOptions } from '../src/index.ts';
import {
  map2,
  map3,
  map8,
  ranges,
  remove,
  replaceTaprio,
  shared,
  type TsnForm,
  taprio,
  words3,
  words8,
  wordsShared,
} from './tsn-form.ts';

const gate = (gateMask: number, intervalNs: number) => ({ command: 'S' as const, gateMask, intervalNs });
const assisted = { ...shared, baseTimeNs: 1_000_000_000n, clockid: 'CLOCK_TAI', flags: 1 } as const;
/** Without a base time: one of 0 is what the kernel takes for one that is missing, and tc(8) does not send it. */
const offloaded = { ...map8, entries: [gate(0xff, 20_000_000)] };
const software = { ...offloaded, clockid: 'CLOCK_TAI' } as const;

const add = 'add dev lo root handle 1: taprio';
const replace = 'replace dev lo root handle 1: taprio';
const always = 'base-time 0 sched-entry S ff 20000000';
const later = 'base-time 200 sched-entry S ff 20000000';
const assist = 'clockid CLOCK_TAI flags 0x1';
const from1 = 'base-time 1000000000 sched-entry S 01 300000';

export const taprioForms: Readonly<Record<string, TsnForm>> = {
  'taprio-one-gate': {
    tc: `${add} ${wordsShared} ${from1} ${assist}`,
    ours: taprio({ ...assisted, entries: [gate(1, 300_000)] }),
    expected: 'done',
  },
  'taprio-three-gates': {
    tc: `${add} ${wordsShared} ${from1} sched-entry S 03 300000 sched-entry S 04 400000 ${assist}`,
    ours: taprio({ ...assisted, entries: [gate(1, 300_000), gate(3, 300_000), gate(4, 400_000)] }),
    expected: 'done',
  },
  'taprio-txtime-delay': {
    tc: `${add} ${wordsShared} ${from1} ${assist} txtime-delay 500000`,
    ours: taprio({ ...assisted, txtimeDelayNs: 500_000, entries: [gate(1, 300_000)] }),
    expected: 'done',
  },
  'taprio-removed': {
    tc: 'del dev lo root handle 1:',
    ours: remove(),
    after: ['taprio-one-gate'],
    expected: 'done',
  },
  'taprio-one-queue': {
    tc: `${add} ${wordsShared} ${from1} ${assist}`,
    ours: taprio({ ...assisted, entries: [gate(1, 300_000)] }),
    queues: 1,
    expected: { refused: 'Multi-queue device is required' },
  },
  'taprio-cycle-too-long': {
    tc: `${add} ${wordsShared} base-time 1000000000 cycle-time 4294967296 sched-entry S 01 300000 ${assist}`,
    ours: taprio({ ...assisted, cycleTimeNs: 2n ** 32n, entries: [gate(1, 300_000)] }),
    expected: { refused: /cycle.?time/i },
  },
  'taprio-software': {
    tc: `${add} ${words8} ${always} clockid CLOCK_TAI`,
    ours: taprio(software),
    expected: 'done',
  },
  'taprio-in-taprio': {
    tc: `replace dev lo parent 1:7 taprio ${words8} ${later} clockid CLOCK_TAI`,
    ours: replaceTaprio({ ...software, baseTimeNs: 200n }, { parent: 0x1_0007 }),
    after: ['taprio-software'],
    since: [6, 12], // 6.1 takes it
    expected: { spec: "parent: taprio can only be an interface's root" },
  },
  'taprio-new-schedule': {
    tc: `${replace} ${words8} base-time 200 sched-entry S 0f 10000000 sched-entry S ff 10000000 clockid CLOCK_TAI`,
    ours: replaceTaprio({
      ...software,
      baseTimeNs: 200n,
      entries: [gate(0x0f, 10_000_000), gate(0xff, 10_000_000)],
    }),
    after: ['taprio-software'],
    expected: 'done',
  },
  'taprio-full-offload': {
    tc: `${add} ${words8} ${always} flags 0x2`,
    ours: taprio({ ...offloaded, flags: 2 }),
    expected: { refused: /Device does not (support taprio offload|have a PTP clock)/ },
  },
  'taprio-both-flags': {
    tc: `${add} ${words8} ${always} flags 0x3`,
    ours: taprio({ ...offloaded, flags: 3 }),
    expected: { refused: /flags/i },
  },
  'taprio-offload-with-clock': {
    tc: `${add} ${words8} ${always} clockid CLOCK_TAI flags 0x2`,
    ours: taprio({ ...software, flags: 2 }),
    expected: { spec: "options.clockid: with full offload the clock is the NIC's" },
  },
  'taprio-no-clock': {
    tc: `${add} ${words8} ${always}`,
    ours: taprio(offloaded),
    expected: { refused: /clockid/i },
  },
  'taprio-no-gates': {
    tc: `${add} ${words8} base-time 0 clockid CLOCK_TAI`,
    ours: taprio({ ...map8, clockid: 'CLOCK_TAI' }),
    expected: { spec: 'options.entries: a schedule needs entries' },
  },
  'taprio-gate-too-short': {
    tc: `${add} ${words8} base-time 0 sched-entry S ff 10 clockid CLOCK_TAI`,
    ours: taprio({ ...software, entries: [gate(0xff, 10)] }),
    since: [6, 12], // 6.1 takes it
    expected: { refused: 'Invalid interval' },
  },
  'taprio-gate-of-nothing': {
    tc: `${add} ${words8} base-time 0 sched-entry S ff 0 clockid CLOCK_TAI`,
    ours: taprio({ ...software, entries: [gate(0xff, 0)] }),
    expected: { refused: /Invalid interval|failed get start time/ },
  },
  'taprio-delay-without-assist': {
    tc: `${add} ${words8} ${always} clockid CLOCK_TAI txtime-delay 500000`,
    ours: taprio({ ...software, txtimeDelayNs: 500_000 }),
    expected: { refused: 'txtime-delay can only be set when txtime-assist mode is enabled' },
  },
  'taprio-overlapping-queues': {
    tc: `${add} ${wordsShared} base-time 0 sched-entry S 07 20000000 clockid CLOCK_TAI`,
    ours: taprio({ ...software, ...shared, entries: [gate(7, 20_000_000)] }),
    expected: { refused: /overlap/i },
  },
  'taprio-queue-beyond-device': {
    tc: `${add} num_tc 2 map 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 queues 1@0 9@1 ${always} clockid CLOCK_TAI`,
    ours: taprio({ ...software, ...map2, queues: ranges([1, 0], [9, 1]) }),
    expected: { refused: /queue/i },
  },
  'taprio-class-beyond-map': {
    tc: `${add} num_tc 2 map 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 queues 1@0 1@1 ${always} clockid CLOCK_TAI`,
    ours: taprio({ ...software, ...map2, map: [0, 5], queues: ranges([1, 0], [1, 1]) }),
    expected: { spec: 'options.map.1: there is no traffic class 5, with 2 of them' },
  },
  'taprio-other-flags': {
    tc: `${replace} ${wordsShared} ${from1} clockid CLOCK_TAI`,
    ours: replaceTaprio(withoutFlags({ ...assisted, entries: [gate(1, 300_000)] })),
    after: ['taprio-one-gate'],
    expected: { refused: "Changing 'flags' of a running schedule is not supported" },
  },
  'taprio-other-map': {
    tc: `${replace} ${words3} base-time 200 sched-entry S 07 20000000 clockid CLOCK_TAI`,
    ours: replaceTaprio({ ...software, ...map3, baseTimeNs: 200n, entries: [gate(7, 20_000_000)] }),
    after: ['taprio-software'],
    expected: { refused: 'Changing the traffic mapping of a running schedule is not supported' },
  },
  'taprio-other-clock': {
    tc: `${replace} ${words8} ${later} clockid CLOCK_MONOTONIC`,
    ours: replaceTaprio({ ...software, baseTimeNs: 200n, clockid: 'CLOCK_MONOTONIC' }),
    after: ['taprio-software'],
    expected: { refused: "Changing the 'clockid' of a running schedule is not supported" },
  },
  'taprio-monotonic': {
    tc: `${add} ${words8} ${always} clockid CLOCK_MONOTONIC`,
    ours: taprio({ ...software, clockid: 'CLOCK_MONOTONIC' }),
    expected: 'done',
  },
  'taprio-realtime': {
    tc: `${add} ${words8} ${always} clockid CLOCK_REALTIME`,
    ours: taprio({ ...software, clockid: 'CLOCK_REALTIME' }),
    expected: 'done',
  },
  'taprio-cycle-and-extension': {
    tc: `${add} ${words8} base-time 0 cycle-time 30000000 cycle-time-extension 1000 sched-entry S ff 20000000 clockid CLOCK_TAI`,
    ours: taprio({ ...software, cycleTimeNs: 30_000_000n, cycleTimeExtensionNs: 1000n }),
    expected: 'done',
  },
  'taprio-frame-limits': {
    tc: `${add} ${words8} ${always} clockid CLOCK_TAI max-sdu 0 300 1500`,
    ours: taprio({
      ...software,
      classes: [0, 300, 1500].map((maxSduBytes, tc) => ({ tc, maxSduBytes })),
    }),
    newer: true,
    expected: 'done',
  },
  'taprio-frame-limit-beyond-mtu': {
    tc: `${add} ${words8} ${always} clockid CLOCK_TAI max-sdu 99999`,
    ours: taprio({ ...software, classes: [{ tc: 0, maxSduBytes: 99_999 }] }),
    newer: true,
    expected: { refused: /TC max SDU/i },
  },
};

function withoutFlags({ flags: _, ...options }: TaprioOptions): TaprioOptions {
  return options;
}
