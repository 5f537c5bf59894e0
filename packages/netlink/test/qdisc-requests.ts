import { addQdisc, changeQdisc, type NetlinkRequest, type PriorityMap, replaceQdisc } from '../src/index.ts';

const index = 1;
const root = { index, handle: 0x10000 };
const root100 = { index, handle: 0x100_0000 };
const child = { index, parent: 0x100_0001 };
const map3: PriorityMap = {
  numTc: 3,
  map: [2, 2, 1, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
  queues: [
    { count: 1, offset: 0 },
    { count: 1, offset: 1 },
    { count: 2, offset: 2 },
  ],
};

/** The request that says the same as the command in testdata/<name>.hex: qdiscs of each kind, and classes. */
export const qdiscRequests: Record<string, NetlinkRequest<unknown>> = {
  'qdisc-add-ingress': addQdisc({ index, kind: 'ingress' }),
  'qdisc-add-mqprio': addQdisc({ ...root, kind: 'mqprio', options: { ...map3, hw: 0 } }),
  'qdisc-replace-mqprio-rates': replaceQdisc({
    ...root,
    kind: 'mqprio',
    options: {
      ...map3,
      hw: 1,
      mode: 'channel',
      shaper: 'bw_rlimit',
      minRatesBps: [125_000_000n, 250_000_000n],
      maxRatesBps: [500_000_000n, 625_000_000n, 7n],
    },
  }),
  'qdisc-add-mqprio-preemption': addQdisc({
    ...root,
    kind: 'mqprio',
    options: {
      ...map3,
      hw: 1,
      mode: 'channel',
      preemption: [
        { tc: 0, preemption: 'preemptible' },
        { tc: 1, preemption: 'express' },
        { tc: 2, preemption: 'express' },
      ],
    },
  }),
  'qdisc-change-mqprio': changeQdisc({ ...root, kind: 'mqprio', options: { ...map3, hw: 0 } }),
  'qdisc-add-taprio': addQdisc({
    ...root100,
    kind: 'taprio',
    options: {
      ...map3,
      entries: [{ command: 'S', gateMask: 0x07, intervalNs: 300_000 }],
      clockid: 'CLOCK_TAI',
    },
  }),
  'qdisc-replace-taprio-assist': replaceQdisc({
    ...root100,
    kind: 'taprio',
    options: {
      ...map3,
      baseTimeNs: 1528743495910289987n,
      cycleTimeNs: 1_000_000n,
      cycleTimeExtensionNs: 100_000n,
      entries: [
        { command: 'S', gateMask: 0x01, intervalNs: 300_000 },
        { command: 'S', gateMask: 0x02, intervalNs: 300_000 },
        { command: 'S', gateMask: 0x04, intervalNs: 400_000 },
      ],
      clockid: 'CLOCK_TAI',
      flags: 1,
      txtimeDelayNs: 200_000,
    },
  }),
  'qdisc-replace-taprio-classes': replaceQdisc({
    ...root100,
    kind: 'taprio',
    options: {
      ...map3,
      baseTimeNs: 1000n,
      entries: [
        { command: 'H', gateMask: 0x01, intervalNs: 300_000 },
        { command: 'R', gateMask: 0x06, intervalNs: 300_000 },
      ],
      flags: 2,
      classes: [
        { tc: 0, maxSduBytes: 0, preemption: 'preemptible' },
        { tc: 1, maxSduBytes: 300, preemption: 'express' },
        { tc: 2, maxSduBytes: 1500, preemption: 'express' },
      ],
    },
  }),
  'qdisc-add-etf': addQdisc({
    ...child,
    kind: 'etf',
    options: { clockid: 'CLOCK_TAI', deltaNs: 200_000 },
  }),
  'qdisc-replace-etf-flags': replaceQdisc({
    ...child,
    kind: 'etf',
    options: {
      clockid: 'CLOCK_MONOTONIC',
      deltaNs: 0,
      offload: true,
      deadlineMode: true,
      skipSockCheck: true,
    },
  }),
  'qdisc-add-cbs': addQdisc({
    ...child,
    kind: 'cbs',
    options: {
      idleslopeKbps: 98_688,
      sendslopeKbps: -901_312,
      hicreditBytes: 153,
      locreditBytes: -1389,
      offload: false,
    },
  }),
  'qdisc-add-fq': addQdisc({ index, kind: 'fq' }),
  'qdisc-replace-fq-options': replaceQdisc({
    index,
    kind: 'fq',
    options: {
      limitPackets: 1000,
      flowLimitPackets: 50,
      quantumBytes: 3028,
      initialQuantumBytes: 15_140,
      maxRateBps: 125_000_000,
      buckets: 1024,
      refillDelayUs: 40_000,
      orphanMask: 1023,
      pacing: false,
      lowRateThresholdBps: 68_750,
      ceThresholdUs: 4000,
      timerSlackNs: 10_000,
      horizonUs: 10_000_000,
      horizonDrop: false,
    },
  }),
  'qdisc-change-fq': changeQdisc({ index, kind: 'fq', options: { horizonDrop: true, pacing: true } }),
  'qdisc-add-fq-bands': addQdisc({
    index,
    kind: 'fq',
    options: {
      bands: { bands: 3, priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] },
      weights: [589_824, 196_608, 65_536],
      offloadHorizonUs: 10_000,
    },
  }),
  'qdisc-add-fq-codel': addQdisc({ index, kind: 'fq_codel' }),
  'qdisc-add-fq-codel-options': addQdisc({
    index,
    kind: 'fq_codel',
    options: {
      targetUs: 5000,
      limitPackets: 1000,
      intervalUs: 100_000,
      ecn: false,
      flows: 512,
      quantumBytes: 1514,
      ceThresholdUs: 1000,
      ceThresholdSelector: 1,
      ceThresholdMask: 3,
      memoryLimitBytes: 33_554_432,
      dropBatch: 64,
    },
  }),
  'qdisc-add-pfifo': addQdisc({ index, kind: 'pfifo' }),
  'qdisc-add-pfifo-limit': addQdisc({ index, kind: 'pfifo', options: { limitPackets: 100 } }),
  'qdisc-add-bfifo': addQdisc({ index, kind: 'bfifo', options: { limitBytes: 10_000 } }),
  'qdisc-add-prio': addQdisc({ index, kind: 'prio' }),
  'qdisc-add-prio-bands': addQdisc({
    ...root,
    kind: 'prio',
    options: { bands: 4, priomap: [3, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] },
  }),
};
