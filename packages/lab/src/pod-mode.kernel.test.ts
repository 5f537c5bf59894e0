import { clockNs } from '@tsnctl/linux';
import type { Policy } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgeByUdp, hardwareAddress, routedFrame } from '../test/forge.ts';
import { etherFrame } from '../test/frame.ts';
import { MODES, NEEDS, Plane, record, until } from '../test/plane.ts';
import { withNetRaw } from '../test/rights.ts';
import { Socket } from '../test/socket.ts';
import { Witness } from '../test/witness.ts';
import { carrier, word } from '../test/word.ts';
import { passByXdp } from '../test/xdp.ts';
import { at } from './addresses.ts';
import { Lab } from './lab.ts';
import { l2Bridge } from './paths/l2-bridge.ts';
import { NIC, POD_SIDE } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const EXPERIMENTAL = 0x88b5; // ETH_P_802_EX1
const POLICY: Policy = { allow: [3, 5], remap: { 6: 3 }, horizonNs: 10n * SECOND };
const PRIORITIES = Array.from({ length: 16 }, (_, priority) => priority);
const granted = (asked: number) => ({ 3: 3, 5: 5, 6: 3 })[asked] ?? 0;

describe('a word forged before pod_saver', () => {
  it.for([
    { asks: 3, sees: 3, pod: { forged: 4n, saved: 4n }, uplink: { restored: 4n } },
    { asks: 6, sees: 3, pod: { forged: 4n, saved: 4n, remapped: 4n }, uplink: { restored: 4n } },
    { asks: 4, sees: 0, pod: { forged: 4n, denied: 4n }, uplink: {} },
    { asks: 0, sees: 0, pod: { forged: 4n }, uplink: {} },
  ])('is worth nothing: who asks for $asks gets $sees', async ({ asks, sees, pod, uplink }) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { mode: 'pod', policy: POLICY });
    forgeByUdp(plane, 4, asks);
    const packet = { priority: sees, tstamp: 0n };
    expect(await plane.seen(4)).toMatchObject([packet, packet, packet, packet]);
    expect(plane.counted()).toEqual({ pod, uplink });
  });
});

describe('a word forged behind pod_saver, by a packet socket past the qdisc', () => {
  it.for([
    ['mono', 'monotonic', [carrier.mono, carrier.pacing]], // UDP has no pacing: a launch time like any other
    ['tai', 'tai', [carrier.tai]],
  ] as const)('gets what the policy grants and no more, %s', async ([clock, name, timed]) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock, mode: 'pod', policy: POLICY });
    const near = clockNs(name) + SECOND;
    const far = near + 20n * SECOND;
    const forged = PRIORITIES.flatMap((priority) => [
      { priority, clock: carrier.none, timeNs: near, time: 0n },
      ...timed.map((bits) => ({ priority, clock: bits, timeNs: near, time: near })),
      ...timed.map((bits) => ({ priority, clock: bits, timeNs: far, time: 0n })),
    ]);
    using socket = Socket.packet(plane.stage.pod, 'eth0');
    withNetRaw(() => {
      socket.txtime('mono');
      for (const [seq, fields] of forged.entries())
        socket.send(routedFrame(plane, seq), { launchTimeNs: word(fields) });
    });
    expect(await plane.seen(forged.length)).toMatchObject(
      forged.map(({ priority, time }) => ({ priority: granted(priority), tstamp: time })),
    );
    expect(plane.counted().pod.forged).toBeUndefined(); // the gate cannot tell it from pod_saver's own
  });

  it('gets no launch time where the policy grants none', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { mode: 'pod', policy: { ...POLICY, horizonNs: 0n } });
    const timeNs = clockNs('monotonic') + SECOND;
    const clocks = [carrier.mono, carrier.tai, carrier.pacing];
    using socket = Socket.packet(plane.stage.pod, 'eth0');
    withNetRaw(() => {
      socket.txtime('mono');
      for (const [seq, clock] of clocks.entries())
        socket.send(routedFrame(plane, seq), { launchTimeNs: word({ priority: 5, clock, timeNs }) });
    });
    const packet = { priority: 5, tstamp: 0n };
    expect(await plane.seen(3)).toMatchObject([packet, packet, packet]);
    expect(plane.counted().pod).toEqual({ saved: 3n, untimed: 3n });
  });

  it.for([
    ['is granted up to the horizon', POLICY.horizonNs, 1n, { saved: 1n }],
    ['is not granted past the horizon', POLICY.horizonNs, 100n, { past_horizon: 1n }],
    ['is not granted without a grant', 0n, 1n, { untimed: 1n }],
  ] as const)('and an honest launch time there %s', async ([, horizonNs, aheadS, counts]) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { mode: 'pod', policy: { ...POLICY, horizonNs } });
    const launchTimeNs = clockNs('monotonic') + aheadS * SECOND;
    using socket = Socket.packet(plane.stage.pod, 'eth0');
    withNetRaw(() => socket.priority(5).txtime('mono').send(routedFrame(plane, 0), { launchTimeNs }));
    const granted = 'saved' in counts;
    expect(await plane.seen(1)).toMatchObject([{ priority: 0, tstamp: granted ? launchTimeNs : 0n }]);
    expect(plane.counted().pod).toEqual(counts);
  });
});

it.for([
  ['seen by pod_saver', false, { forged: 4n, not_ip: 4n }],
  ['past it', true, { forged: 4n, not_ip: 4n }],
] as const)('frames other than IP carry no word, %s', async ([, bypass, counts]) => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { path: l2Bridge, mode: 'pod', policy: POLICY });
  const { pod, node, outside } = plane.stage;
  const witness = lab.use(Witness.tcx(node, NIC, 'egress'));
  using socket = Socket.packet(pod, 'eth0', { bypass });
  const addresses = { to: hardwareAddress(outside, 'eth0'), from: hardwareAddress(pod, 'eth0') };
  const frame = etherFrame({ ...addresses, ethertype: EXPERIMENTAL, payload: record({}) });
  withNetRaw(() => {
    socket.priority(3).txtime('mono');
    for (const clock of Object.values(carrier))
      socket.send(frame, { launchTimeNs: word({ priority: 3, clock, timeNs: SECOND }) });
  });
  const frames = () => witness.sights.filter(({ ethertype }) => ethertype === EXPERIMENTAL);
  await until(() => frames().length === 4, 'four frames at the NIC');
  for (const { priority, tstamp } of frames())
    expect({ priority, tstamp }).toEqual({ priority: 0, tstamp: 0n });
  expect(plane.counted()).toEqual({ pod: counts, uplink: {} });
});

it("holds what the pod's own kernel asks for to the policy: group reports at TC_PRIO_CONTROL", async () => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { mode: 'pod', policy: POLICY });
  const { pod } = plane.stage;
  pod.nft('flush ruleset');
  pod.address('eth0', `${at('pods', 77)[6]}/64`); // whose solicited-node group is reported
  await until(() => plane.counted().pod.denied !== undefined, 'a report');
});

describe.for(MODES)('in %s mode', (mode) => {
  it.for([
    ['has none', 0, { host: 0, pod: 5 }],
    ['has another', 3, { host: 3, pod: 5 }],
  ] as const)('a priority by control message, on a socket that %s', async ([, own, sees], context) => {
    requires(context, { kernel: [6, 14] });
    await using lab = Lab.create();
    const plane = new Plane(lab, { mode, policy: POLICY });
    using socket = Socket.open(plane.stage.pod, 'udp', 4).priority(own).txtime('mono');
    const launchTimeNs = clockNs('monotonic') + SECOND;
    const to: [string, number] = [plane.target[4], 7000];
    socket.send(record({ seq: 0 }), { to, priority: 5, launchTimeNs });
    socket.send(record({ seq: 1 }), { to, priority: 5 });
    socket.send(record({ seq: 2 }), { to });
    expect(await plane.seen(3)).toMatchObject([
      { priority: sees[mode], tstamp: launchTimeNs },
      { priority: sees[mode], tstamp: 0n },
      { priority: own, tstamp: 0n },
    ]);
  });

  it.for([
    ['xdpgeneric', true],
    ['xdpdrv', mode === 'pod'],
  ] as const)('behind %s at the host side, metadata is kept: %s', async ([xdp, kept]) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { mode, policy: POLICY });
    passByXdp(lab, plane.stage.node, POD_SIDE, xdp);
    using socket = Socket.open(plane.stage.pod, 'udp', 4).priority(5).txtime('mono');
    const launchTimeNs = clockNs('monotonic') + SECOND;
    const to: [string, number] = [plane.target[4], 7000];
    socket.send(record({ seq: 0 }), { to, launchTimeNs });
    socket.send(record({ seq: 1 }), { to });
    socket.send(record({ seq: 2 }), { to, launchTimeNs: word({ priority: 3, timeNs: 1n }) });
    const priority = kept ? 5 : 0;
    expect(await plane.seen(3)).toMatchObject([
      { priority, tstamp: kept ? launchTimeNs : 0n },
      { priority, tstamp: 0n },
      { priority, tstamp: 0n }, // a forged word stays one
    ]);
  });
});
