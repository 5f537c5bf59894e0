import { clockNs, kernelAtLeast } from '@tsnctl/linux';
import { type QdiscSpec, replaceQdisc } from '@tsnctl/netlink';
import { testBpffs, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TuneBench, wish } from '../../test/tune-bench.ts';
import { attachUplink, detachAll } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import type { DesiredTuning } from './model.ts';

const CLASSES = `classes:
  - {name: rest, priorities: 0-3, queues: 2}
  - {name: control, priorities: 4-7}
`;
const GATES = `${CLASSES}gates: [{open: [control], for: 300us}, {open: [rest], for: 700us}]\n`;
const TIMED = CLASSES.replace('4-7}', '4-7, etf: {delta: 300us, skipSockCheck: true}}');
const SHAPED = CLASSES.replace('4-7}', '4-7, cbs: {idleSlope: 20Mbit}}');

const SCHEDULES: Record<string, string> = {
  taprio: GATES,
  'taprio, with times': `baseTime: 1s\ncycle: 1ms\ncycleExtension: 1us\n${GATES}`,
  'taprio, its first cycle still to come': `baseTime: 4102444800s\n${GATES}`,
  'taprio, with a largest frame': GATES.replace('4-7}', '4-7, maxFrame: 256}'),
  'taprio, txtime-assist': `offload: txtime-assist\ntxtimeDelay: 500us\n${GATES.replace('4-7}', '4-7, etf: {delta: 300us, skipSockCheck: true}}')}`,
  mqprio: CLASSES,
  'mqprio with etf': TIMED,
  'mqprio with cbs': SHAPED,
  etf: 'qdisc: etf\netf: {delta: 1ms, deadlineMode: true}\n',
  cbs: 'qdisc: cbs\ncbs: {idleSlope: 20Mbit}\n',
  fq: 'qdisc: fq\n',
  'fq with options':
    'qdisc: fq\nfq: {horizon: 2s, flowLimit: 1000, buckets: 512, maxRate: 100Mbit, pacing: false, horizonDrop: false}\n',
  fq_codel: 'qdisc: fq_codel\n',
  prio: 'qdisc: prio\nclasses: [{name: rest}, {name: control, priorities: 6-7, etf: {delta: 1ms}}]\n',
  mq: 'qdisc: mq\n',
  tbf: 'qdisc: tbf\ntbf: {rate: 123Mbit, burst: 10001, limit: 99999}\n',
  pfifo: 'qdisc: pfifo\nlimit: 100\n',
  bfifo: 'qdisc: bfifo\nlimit: 10000\n',
  pfifo_fast: 'qdisc: pfifo_fast\n',
};
const NAMES = Object.keys(SCHEDULES);
const text = (name: string) => SCHEDULES[name] ?? '';

let bench: TuneBench;
useLeakCheck();
beforeEach(() => {
  bench = new TuneBench();
});
afterEach(() => bench[Symbol.dispose]());

const change = (desired: DesiredTuning) => bench.tuner.change(() => desired);

describe.each(NAMES)('%s', (name) => {
  it('is applied and read back; a second run plans nothing; undo leads back', () => {
    const before = bench.qdiscs();
    expect(change(wish(text(name))).steps.length).toBeGreaterThan(0);
    expect(bench.qdiscs()[0]?.kind).toBe(wish(text(name)).qdiscs[0]?.kind);
    expect(change(wish(text(name))).steps).toEqual([]);
    expect(bench.tuner.plan(() => wish(text(name))).steps).toEqual([]);
    expect(bench.tuner.isTuned).toBe(true);
    bench.tuner.undo();
    expect(bench.qdiscs()).toEqual(before);
    expect(() => bench.tuner.undo()).toThrow(expect.objectContaining({ code: 'NOT_TUNED' }));
  });

  it('is brought back exactly, if somebody else had put it there', async () => {
    for (const { parent, kind, handle, options } of wish(text(name)).qdiscs) {
      const spec = { index: bench.index, parent, kind, options, ...(handle !== undefined && { handle }) };
      bench.home.socket.request(replaceQdisc(spec as QdiscSpec));
    }
    const before = await settled();
    const other = name === 'mqprio' ? 'taprio' : 'mqprio';
    change(wish(text(other)));
    change(wish(text('mqprio with etf')));
    bench.tuner.undo();
    expect(await settled()).toEqual(before);
  });
});

/** What is there when each schedule has come into force whose time has come: until then the kernel tells no classes. */
function settled(): Promise<ReturnType<TuneBench['qdiscs']>> {
  const isDue = (options: unknown) => {
    const { admin } = (options ?? {}) as { admin?: { baseTimeNs: bigint } };
    return admin !== undefined && admin.baseTimeNs <= clockNs('tai');
  };
  return vi.waitFor(
    () => {
      const qdiscs = bench.qdiscs();
      expect(qdiscs.filter(({ options }) => isDue(options))).toEqual([]);
      return qdiscs;
    },
    { timeout: 60_000 },
  );
}

it('from each to the next: whatever was there before', async () => {
  const before = bench.qdiscs();
  for (const name of [...NAMES, ...NAMES.toReversed()]) {
    change(wish(text(name)));
    expect(change(wish(text(name))).steps, name).toEqual([]);
  }
  bench.tuner.undo();
  expect(await settled()).toEqual(before);
});

it('new gates come in place', () => {
  change(wish(GATES));
  const { steps } = change(wish(GATES.replace('300us', '400us').replace('700us', '600us')));
  expect(steps).toMatchObject([{ do: 'put-qdisc', inPlace: true }]);
});

describe('with a restorer at its egress', () => {
  it('the clock follows the qdisc, and undo brings it back', () => {
    using bpffs = testBpffs();
    using own = new TuneBench({ bpffs: bpffs.path });
    using proxy = new MetadataProxy(own.home.netns, { bpffs: bpffs.path });
    proxy.change(attachUplink('nic0', 'none'));
    for (const [name, clock] of [
      ['fq', 'mono'],
      ['mqprio with etf', 'tai'],
      ['mqprio', 'none'],
      ['fq', 'mono'],
    ] as const) {
      own.tuner.change(() => wish(text(name)));
      expect(proxy.observe().uplinks.map((uplink) => uplink.clock)).toEqual([clock]);
      expect(own.tuner.change(() => wish(text(name))).steps).toEqual([]);
    }
    own.tuner.undo();
    expect(proxy.observe().uplinks.map((uplink) => uplink.clock)).toEqual(['none']);
    proxy.change(detachAll());
  });
});

describe('a refusal leaves everything as before, in the words of the kernel', () => {
  const bad = (parts: object, kind = 'etf'): DesiredTuning => {
    const { qdiscs, txQueues } = wish(TIMED);
    const [root, child] = qdiscs as [(typeof qdiscs)[number], (typeof qdiscs)[number]];
    return {
      txQueues,
      qdiscs: [root, { ...child, kind, options: { ...(child.options as object), ...parts } }],
    };
  };

  it.each<[string, () => DesiredTuning, RegExp, string]>([
    [
      'half-way: a clock that etf does not take',
      () => bad({ clockid: 'CLOCK_MONOTONIC' }),
      /^put etf at the class 10[01]:3 of nic0: .*(Invalid clockid|CLOCK_TAI).*; nic0 is as before$/s,
      'clock: tai',
    ],
    [
      'half-way: offload of etf',
      () => bad({ offload: true }),
      /^put etf at the class 10[01]:3 of nic0: .*offload.*; nic0 is as before$/is,
      'offload: none',
    ],
    [
      'full offload of taprio',
      () => wish(`offload: full\n${GATES}`),
      /^put taprio at the root of nic0: .*(offload|PTP clock).*; nic0 is as before$/is,
      'offload: none',
    ],
    [
      'a gate that is too short',
      () => wish(GATES.replace('300us', '10ns')),
      /^(put taprio|change the taprio) at the root of nic0: .*[Ii]nterval.*; nic0 is as before$/s,
      'longer gates',
    ],
  ])('%s', (what, desired, message, hint) => {
    if (what === 'a gate that is too short' && !kernelAtLeast(6, 12)) {
      expect(change(desired()).steps).toHaveLength(1); // 6.1 looks before it knows the speed, and takes it
      return;
    }
    for (const former of [undefined, 'fq with options', 'taprio']) {
      if (former) change(wish(text(former)));
      const before = bench.qdiscs();
      expect(() => change(desired())).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(message),
          hint: expect.stringContaining(hint),
        }),
      );
      expect(bench.qdiscs()).toEqual(before);
      expect(bench.tuner.isTuned).toBe(former !== undefined);
    }
    bench.tuner.undo();
  });
});

it('what has filters is not taken away, as they could not be brought back', () => {
  bench.tc('qdisc add dev nic0 root handle 7: prio');
  change(wish(text('prio'))); // tuned, it may be changed
  bench.tuner.undo();
  bench.tc('filter add dev nic0 parent 7: protocol all prio 1 matchall classid 7:1');
  expect(() => change(wish(text('fq')))).toThrow(
    expect.objectContaining({
      code: 'NOT_RESTORABLE',
      message: 'nic0 has filters at its qdisc 7:, which tsnctl could not bring back',
    }),
  );
  expect(bench.qdiscs()[0]).toMatchObject({ kind: 'prio', handle: 0x7_0000 });
});

describe('a NIC that vanishes', () => {
  it.each([0, 1])('before step %i is reported, and nothing is remembered of it', (at) => {
    let steps = 0;
    const onStep = () => {
      if (steps++ === at) bench.remove();
    };
    expect(() => bench.tuner.change(() => wish(TIMED), { onStep })).toThrow(
      expect.objectContaining({
        code: 'NIC_GONE',
        message: expect.stringContaining(
          'nic0 has gone meanwhile, and its qdiscs with it: nothing is left to undo',
        ),
      }),
    );
  });
});
