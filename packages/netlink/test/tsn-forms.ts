import { addQdisc, changeQdisc, type EtfOptions, replaceQdisc } from '../src/index.ts';
import {
  cbs,
  cbsOptions,
  child,
  etf,
  map2,
  map3,
  map8,
  mqprio,
  ranges,
  remove,
  root,
  shared,
  type TsnForm,
  words3,
  words8,
  wordsShared,
} from './tsn-form.ts';
import { taprioForms } from './tsn-forms-taprio.ts';

const noOther =
  /Change operation not supported by specified qdisc|invalid argument|operation is not supported/;
const gone = /no such file or directory|invalid argument/;
const unsupported = /operation is not supported/;
const map2Words = 'num_tc 2 map 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0';

const m = 'add dev lo root handle 1: mqprio';
const mqprioForms: Record<string, TsnForm> = {
  'mqprio-eight-classes': { tc: `${m} ${words8} hw 0`, ours: mqprio({ ...map8, hw: 0 }), expected: 'done' },
  'mqprio-three-classes': { tc: `${m} ${words3} hw 0`, ours: mqprio({ ...map3, hw: 0 }), expected: 'done' },
  'mqprio-removed': {
    tc: 'del dev lo root handle 1:',
    ours: remove(),
    after: ['mqprio-eight-classes'],
    expected: 'done',
  },
  'mqprio-removed-without': {
    tc: 'del dev lo root handle 1:',
    ours: remove(),
    expected: { refused: gone },
  },
  'mqprio-removed-twice': {
    tc: 'del dev lo root handle 1:',
    ours: remove(),
    after: ['mqprio-eight-classes', 'mqprio-removed'],
    expected: { refused: gone },
  },
  'mqprio-one-queue': {
    tc: `${m} ${words8} hw 0`,
    ours: mqprio({ ...map8, hw: 0 }),
    queues: 1,
    expected: { refused: unsupported },
  },
  'mqprio-overlapping-queues': {
    tc: `${m} ${wordsShared} hw 0`,
    ours: mqprio({ ...shared, hw: 0 }),
    expected: { refused: /overlap|invalid argument/i },
  },
  'mqprio-queue-beyond-device': {
    tc: `${m} ${map2Words} queues 1@0 9@1 hw 0`,
    ours: mqprio({ ...map2, queues: ranges([1, 0], [9, 1]), hw: 0 }),
    expected: { refused: /invalid argument/ },
  },
  'mqprio-class-beyond-map': {
    tc: `${m} num_tc 2 map 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 queues 1@0 1@1 hw 0`,
    ours: mqprio({ ...map2, map: [0, 5], queues: ranges([1, 0], [1, 1]), hw: 0 }),
    expected: { spec: 'options.map.1: there is no traffic class 5, with 2 of them' },
  },
  'mqprio-offload': {
    tc: `${m} ${words8} hw 1`,
    ours: mqprio({ ...map8, hw: 1 }),
    expected: { refused: /operation is not supported|invalid argument/ },
  },
  'mqprio-rates-in-software': {
    tc: `${m} ${words3} hw 0 mode channel shaper bw_rlimit min_rate 125000000bps 250000000bps`,
    ours: mqprio({
      ...map3,
      hw: 0,
      mode: 'channel',
      shaper: 'bw_rlimit',
      minRatesBps: [125_000_000n, 250_000_000n],
    }),
    expected: { spec: 'options.hw: mode, shaper and rates are for the NIC to keep' },
  },
  'mqprio-rates-offloaded': {
    tc: `${m} ${words3} hw 1 mode channel shaper bw_rlimit min_rate 1bps 1bps max_rate 125000000bps 250000000bps 250000000bps`,
    ours: mqprio({
      ...map3,
      hw: 1,
      mode: 'channel',
      shaper: 'bw_rlimit',
      minRatesBps: [1n, 1n],
      maxRatesBps: [125_000_000n, 250_000_000n, 250_000_000n],
    }),
    expected: { refused: /operation is not supported|invalid argument/ },
  },
  'mqprio-as-child': {
    tc: `add dev lo parent 1:1 mqprio ${words8} hw 0`,
    ours: mqprio({ ...map8, hw: 0 }, child),
    after: ['mqprio-eight-classes'],
    expected: { spec: "parent: mqprio can only be an interface's root" },
  },
  'mqprio-changed': {
    tc: `change dev lo root handle 1: mqprio ${words3} hw 0`,
    ours: (index) => changeQdisc({ index, ...root, kind: 'mqprio', options: { ...map3, hw: 0 } }),
    after: ['mqprio-eight-classes'],
    expected: { refused: noOther },
  },
  'mqprio-replaced-by-itself': {
    tc: `replace dev lo root handle 1: mqprio ${words3} hw 0`,
    ours: (index) => replaceQdisc({ index, ...root, kind: 'mqprio', options: { ...map3, hw: 0 } }),
    after: ['mqprio-eight-classes'],
    expected: { refused: noOther },
  },
  'mqprio-replaced-under-a-new-handle': {
    tc: `replace dev lo root handle 2: mqprio ${words3} hw 0`,
    ours: (index) => replaceQdisc({ index, handle: 0x2_0000, kind: 'mqprio', options: { ...map3, hw: 0 } }),
    after: ['mqprio-eight-classes'],
    expected: 'done',
  },
};

const tai = { clockid: 'CLOCK_TAI' } as const;
const delta = { ...tai, deltaNs: 200_000 };
const e = 'add dev lo root handle 1: etf';
const etfForms: Record<string, TsnForm> = {
  'etf-defaults': { tc: `${e} clockid CLOCK_TAI`, ours: etf(tai), expected: 'done' },
  'etf-delta': {
    tc: `${e} clockid CLOCK_TAI delta 100`,
    ours: etf({ ...tai, deltaNs: 100 }),
    expected: 'done',
  },
  'etf-deadline-mode': {
    tc: `${e} clockid CLOCK_TAI deadline_mode`,
    ours: etf({ ...tai, deadlineMode: true }),
    expected: 'done',
  },
  'etf-skip-sock-check': {
    tc: `${e} clockid CLOCK_TAI skip_sock_check`,
    ours: etf({ ...tai, skipSockCheck: true }),
    expected: 'done',
  },
  'etf-removed': {
    tc: 'del dev lo root handle 1:',
    ours: remove(),
    after: ['etf-defaults'],
    expected: 'done',
  },
  'etf-in-mqprio': {
    tc: 'add dev lo parent 1:1 etf clockid CLOCK_TAI delta 200000',
    ours: etf(delta, child),
    after: ['mqprio-eight-classes'],
    expected: 'done',
  },
  'etf-in-taprio': {
    tc: 'replace dev lo parent 1:1 etf clockid CLOCK_TAI delta 200000',
    ours: (index) => replaceQdisc({ index, ...child, kind: 'etf', options: delta }),
    after: ['taprio-one-gate'],
    expected: 'done',
  },
  'etf-no-clock': {
    tc: `${e} delta 100`,
    ours: etf({ deltaNs: 100 } as EtfOptions),
    expected: { spec: 'options.clockid: etf needs a clock' },
  },
  'etf-other-clock': {
    tc: `${e} clockid CLOCK_MONOTONIC`,
    ours: etf({ clockid: 'CLOCK_MONOTONIC' }),
    expected: { refused: /clockid/i },
  },
  'etf-negative-delta': {
    tc: `${e} clockid CLOCK_TAI delta -5`,
    ours: etf({ ...tai, deltaNs: -5 }),
    expected: { refused: 'Delta must be positive' },
  },
  'etf-offload': {
    tc: `${e} clockid CLOCK_TAI offload`,
    ours: etf({ ...tai, offload: true }),
    expected: { refused: 'Specified device does not support ETF offload' },
  },
  'etf-changed': {
    tc: 'change dev lo root handle 1: etf clockid CLOCK_TAI delta 200000',
    ours: (index) => changeQdisc({ index, ...root, kind: 'etf', options: delta }),
    after: ['etf-defaults'],
    expected: { refused: noOther },
  },
};

const slopes = { idleslopeKbps: 98_688, sendslopeKbps: -901_312, hicreditBytes: 153, locreditBytes: -1389 };
const slopeWords = 'idleslope 98688 sendslope -901312 hicredit 153 locredit -1389';
const c = 'add dev lo root handle 1: cbs';
const cbsForms: Record<string, TsnForm> = {
  'cbs-defaults': {
    tc: c,
    ours: (index) => addQdisc({ index, ...root, kind: 'cbs' }),
    expected: 'done',
  },
  'cbs-hicredit': { tc: `${c} hicredit 64`, ours: cbs({ hicreditBytes: 64 }), expected: 'done' },
  'cbs-locredit': { tc: `${c} locredit 10`, ours: cbs({ locreditBytes: 10 }), expected: 'done' },
  'cbs-sendslope': { tc: `${c} sendslope 888`, ours: cbs({ sendslopeKbps: 888 }), expected: 'done' },
  'cbs-idleslope': { tc: `${c} idleslope 666`, ours: cbs({ idleslopeKbps: 666 }), expected: 'done' },
  'cbs-all': {
    tc: `${c} hicredit 10 locredit 75 sendslope 2 idleslope 666`,
    ours: cbs({ hicreditBytes: 10, locreditBytes: 75, sendslopeKbps: 2, idleslopeKbps: 666 }),
    expected: 'done',
  },
  'cbs-replaced': {
    tc: 'replace dev lo root handle 1: cbs sendslope 10',
    ours: (index) =>
      replaceQdisc({ index, ...root, kind: 'cbs', options: cbsOptions({ sendslopeKbps: 10 }) }),
    after: ['cbs-idleslope'],
    expected: 'done',
  },
  'cbs-changed': {
    tc: 'change dev lo root handle 1: cbs idleslope 1',
    ours: (index) => changeQdisc({ index, ...root, kind: 'cbs', options: cbsOptions({ idleslopeKbps: 1 }) }),
    after: ['cbs-idleslope'],
    expected: 'done',
  },
  'cbs-removed': {
    tc: 'del dev lo root handle 1:',
    ours: remove(),
    after: ['cbs-idleslope'],
    expected: 'done',
  },
  'cbs-in-mqprio': {
    tc: `add dev lo parent 1:1 cbs ${slopeWords} offload 0`,
    ours: cbs(slopes, child),
    after: ['mqprio-eight-classes'],
    expected: 'done',
  },
  'cbs-offload': {
    tc: `${c} ${slopeWords} offload 1`,
    ours: cbs({ ...slopes, offload: true }),
    expected: { refused: 'Specified device does not support cbs offload' },
  },
};

export const tsnForms: Readonly<Record<string, TsnForm>> = {
  ...taprioForms,
  ...mqprioForms,
  ...etfForms,
  ...cbsForms,
};
