import { readdirSync } from 'node:fs';
import { setChannels } from '@tsnctl/netlink';
import { requires, testBpffs, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TuneBench, wish } from '../../test/tune-bench.ts';
import { type FaultPoint, onFaultPoint } from '../fault-point.ts';
import { observeNode } from '../inspect/observe-node.ts';
import { qdiscDrift } from '../inspect/qdisc-drift.ts';
import { attachUplink, detachAll } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import type { DesiredTuning, TuneStep } from './model.ts';
import { Tuner } from './tuner.ts';
import { undoOwned } from './undo-owned.ts';

// On the machine's own kernel, with the qdiscs that every kernel has; tuner.vm.test.ts has the others.
const SCHEDULES = {
  mq: 'qdisc: mq\n',
  pfifo: 'qdisc: pfifo\nlimit: 100\n',
  bfifo: 'qdisc: bfifo\nlimit: 10000\n',
  tbf: 'qdisc: tbf\ntbf: {rate: 123Mbit, burst: 10001, limit: 99999}\n',
};
const OTHER: Record<string, string> = {
  mq: SCHEDULES.pfifo,
  pfifo: SCHEDULES.bfifo,
  bfifo: SCHEDULES.tbf,
  tbf: SCHEDULES.mq,
};
const WORDS: Record<string, string> = {
  mq: '',
  pfifo: ' limit 3000',
  bfifo: ' limit 3000',
  tbf: ' rate 123mbit burst 10001 limit 99999',
};

let bench: TuneBench;
useLeakCheck();
beforeEach((ctx) => {
  requires(ctx, { root: true, programs: ['tc'] });
  bench = new TuneBench();
});
afterEach(() => bench?.[Symbol.dispose]());

const change = (desired: DesiredTuning) => bench.tuner.change(() => desired);

describe.each(Object.entries(SCHEDULES))('%s', (kind, text) => {
  it('is applied, read back, planned once, and undone to what was there', () => {
    const before = bench.qdiscs();
    expect(change(wish(text)).steps).toHaveLength(1);
    expect(bench.qdiscs()[0]?.kind).toBe(kind);
    expect(change(wish(text)).steps).toEqual([]);
    change(wish(OTHER[kind] ?? ''));
    bench.tuner.undo();
    expect(bench.qdiscs()).toEqual(before);
  });

  it('is brought back with its handle and options, if somebody else had put it there', () => {
    bench.tc(`qdisc add dev nic0 root handle 7: ${kind}${WORDS[kind]}`);
    const before = bench.qdiscs();
    change(wish(OTHER[kind] ?? ''));
    bench.tuner.undo();
    expect(bench.qdiscs()).toEqual(before);
  });
});

it('what somebody else has put in its place is drift, until it is put back', () => {
  const { state, home } = bench;
  const drift = () => {
    const node = observeNode({ netns: home.netns, state: null, tuneState: state });
    return qdiscDrift(node).map(({ code, message }) => `${code}: ${message}`);
  };
  change(wish(SCHEDULES.pfifo));
  expect(drift()).toEqual([]);
  bench.tc('qdisc replace dev nic0 root handle 9: bfifo');
  expect(drift()).toEqual(['qdisc: nic0 has bfifo at its root, where tsnctl tune put pfifo']);
  change(wish(SCHEDULES.pfifo));
  expect(drift()).toEqual([]);
  bench.tc('qdisc replace dev nic0 root handle 9: bfifo');
  bench.tuner.undo();
  expect(drift()).toEqual([]);
});

it('what was tuned for somebody who has left is brought back; what a person has tuned is not', () => {
  const { state, home } = bench;
  const undo = (isWanted?: (owner: string) => boolean) =>
    undoOwned(home.netns, { state, ...(isWanted && { isWanted }) }).map(
      ({ owner, nic }) => `${owner} ${nic}`,
    );
  const tuneFor = (owner: string) => new Tuner(home.netns, 'nic0', { state, owner });
  const before = bench.qdiscs();
  change(wish(SCHEDULES.mq));
  expect(tuneFor('line').change(() => wish(SCHEDULES.mq)).steps).toEqual([]);
  expect(undo()).toEqual([]);
  expect(bench.qdiscs()[0]?.kind).toBe('mq');
  bench.tuner.undo();

  tuneFor('line').change(() => wish(SCHEDULES.pfifo));
  expect(undo((owner) => owner === 'line')).toEqual([]);
  tuneFor('other').change(() => wish(SCHEDULES.pfifo)); // as it is already, and now for this one
  expect(undo((owner) => owner === 'other')).toEqual([]);
  expect(bench.qdiscs()[0]?.kind).toBe('pfifo');
  expect(undo((owner) => owner === 'line')).toEqual(['other nic0']);
  expect(bench.qdiscs()).toEqual(before);
  expect(readdirSync(state)).toEqual([]);
});

it('what was remembered of an interface that is gone is forgotten', () => {
  const { state, home } = bench;
  new Tuner(home.netns, 'nic0', { state, owner: 'line' }).change(() => wish(SCHEDULES.mq));
  bench.remove();
  expect(undoOwned(home.netns, { state })).toEqual([]);
  expect(readdirSync(state)).toEqual([]);
});

it('more queues are used where there are too few, and given back', () => {
  bench.ethtool((family) => setChannels({ family, index: bench.index, tx: 1, rx: 1 }));
  expect(bench.tuner.observe()).toMatchObject({ txQueues: 1, maxTxQueues: 4 });
  const { qdiscs } = wish(SCHEDULES.mq);
  const { steps } = change({ qdiscs, txQueues: 3 });
  expect(steps[0]).toEqual({ do: 'set-channels', counts: { tx: 3 }, former: { tx: 1 } });
  expect(bench.tuner.observe()).toMatchObject({ txQueues: 3 });
  bench.tuner.undo();
  expect(bench.tuner.observe()).toMatchObject({ txQueues: 1 });
});

it("the restorer's clock follows the qdisc, and undo brings it back", () => {
  using bpffs = testBpffs();
  using own = new TuneBench({ bpffs: bpffs.path });
  using proxy = new MetadataProxy(own.home.netns, { bpffs: bpffs.path });
  proxy.change(attachUplink('nic0', 'tai'));
  const clocks = () => proxy.observe().uplinks.map(({ clock }) => clock);
  own.tuner.change(() => wish(SCHEDULES.mq));
  expect(clocks()).toEqual(['none']);
  expect(own.tuner.change(() => wish(SCHEDULES.mq)).steps).toEqual([]);
  own.tuner.undo();
  expect(clocks()).toEqual(['tai']);
  proxy.change(detachAll());
});

describe('a refusal leaves everything as before', () => {
  it('of a qdisc that could not be brought back', () => {
    bench.tc('qdisc add dev nic0 root handle 1: htb default 10');
    const before = bench.qdiscs();
    expect(() => change(wish(SCHEDULES.mq))).toThrow(
      expect.objectContaining({
        code: 'NOT_RESTORABLE',
        message: 'nic0 has a htb that somebody set up, which tsnctl could not bring back',
      }),
    );
    expect(bench.qdiscs()).toEqual(before);
    bench.tuner.change(() => wish(SCHEDULES.mq), { force: true });
    expect(bench.qdiscs()[0]?.kind).toBe('mq');
  });

  it('of the kernel, half-way: what was done is undone', () => {
    bench.tc('qdisc add dev nic0 root handle 7: bfifo limit 3000');
    const before = bench.qdiscs();
    const [root] = wish(SCHEDULES.mq).qdiscs as [DesiredTuning['qdiscs'][number]];
    const strange = { parent: 0x100_0001, kind: 'tsnctl_none' };
    expect(() => change({ qdiscs: [root, strange], txQueues: 1 })).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message:
          'put tsnctl_none at the class 100:1 of nic0: no such file or directory (Specified qdisc kind is unknown); nic0 is as before',
        hint: 'modprobe sch_tsnctl_none; or a kernel with CONFIG_NET_SCH_TSNCTL_NONE',
      }),
    );
    expect(bench.qdiscs()).toEqual(before);
    expect(bench.tuner.isTuned).toBe(false);
  });

  it('unless that fails, too: then it is remembered, and undo brings it back', () => {
    bench.tc('qdisc add dev nic0 root handle 7: bfifo limit 3000');
    const before = bench.qdiscs();
    const [root] = wish(SCHEDULES.mq).qdiscs as [DesiredTuning['qdiscs'][number]];
    const strange = { parent: 0x100_0001, kind: 'tsnctl_none' };
    const fail = ({ step }: FaultPoint) => {
      if ((step as TuneStep).do === 'delete-root') throw new Error('not now');
    };
    using listening = onFaultPoint(fail);
    expect(() => change({ qdiscs: [root, strange], txQueues: 1 })).toThrow(
      expect.objectContaining({
        code: 'ENOENT',
        message:
          'put tsnctl_none at the class 100:1 of nic0: no such file or directory (Specified qdisc kind is unknown); and what was done before could not be undone: not now',
        hint: 'tsnctl tune --undo --dev nic0',
      }),
    );
    listening[Symbol.dispose]();
    expect(bench.qdiscs()[0]?.kind).toBe('mq');
    bench.tuner.undo();
    expect(bench.qdiscs()).toEqual(before);
  });

  it('of an interface that is not there', () => {
    bench.remove();
    expect(() => change(wish(SCHEDULES.mq))).toThrow(
      expect.objectContaining({
        code: 'NO_INTERFACE',
        message: 'there is no interface nic0 in this namespace',
        hint: 'one of lo; or another namespace: --netns NAME',
      }),
    );
  });
});

it.each([0, 1])('a NIC that vanishes before step %i is reported', (at) => {
  const [root] = wish(SCHEDULES.mq).qdiscs as [DesiredTuning['qdiscs'][number]];
  const below = { parent: 0x100_0001, kind: 'bfifo', options: { limitBytes: 9000 } };
  let steps = 0;
  const onStep = () => {
    if (steps++ === at) bench.remove();
  };
  expect(() => bench.tuner.change(() => ({ qdiscs: [root, below], txQueues: 1 }), { onStep })).toThrow(
    expect.objectContaining({
      code: 'NIC_GONE',
      message: `put ${at === 0 ? 'mq at the root' : 'bfifo at the class 100:1'} of nic0: nic0 has gone meanwhile, and its qdiscs with it: nothing is left to undo`,
      hint: 'the same command again when nic0 is back',
    }),
  );
  expect(steps).toBe(at + 1);
});
