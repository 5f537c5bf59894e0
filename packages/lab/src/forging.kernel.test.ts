import { clockNs } from '@tsnctl/linux';
import type { Policy } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgeByPacket, forgeByUdp, hardwareAddress, routedFrame, words } from '../test/forge.ts';
import { etherFrame } from '../test/frame.ts';
import { NEEDS, Plane, record, until } from '../test/plane.ts';
import { withNetRaw } from '../test/rights.ts';
import { Socket } from '../test/socket.ts';
import { Witness } from '../test/witness.ts';
import { Lab } from './lab.ts';
import { l2Bridge } from './paths/l2-bridge.ts';
import { NIC } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const EXPERIMENTAL = 0x88b5; // ETH_P_802_EX1
const POLICY: Policy = { allow: [3], remap: {}, horizonNs: 10_000_000_000n };

describe('without a policy', () => {
  it.for([4, 6] as const)('an unprivileged process forges nothing, IPv%i', async (family) => {
    await using lab = Lab.create();
    const plane = new Plane(lab);
    forgeByUdp(plane, family, 6);
    const ordinary = { priority: 0, tstamp: 0n, tstamp_type: 0 };
    expect(await plane.seen(4)).toMatchObject([ordinary, ordinary, ordinary, ordinary]);
    expect(plane.counted()).toEqual({ pod: { stripped: 4n }, uplink: {} });
  });

  it('a packet socket past its qdisc forges nothing', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab);
    forgeByPacket(plane, 15);
    const ordinary = { priority: 0, tstamp: 0n, tstamp_type: 0 };
    expect(await plane.seen(4)).toMatchObject([ordinary, ordinary, ordinary, ordinary]);
    expect(plane.counted()).toEqual({ pod: { stripped: 4n }, uplink: {} });
  });
});

describe('with a policy', () => {
  it.for([
    { asks: 3, sees: 3, pod: { forged: 4n, saved: 4n }, uplink: { restored: 4n } },
    { asks: 6, sees: 0, pod: { forged: 4n, denied: 4n }, uplink: {} },
    { asks: 0, sees: 0, pod: { forged: 4n }, uplink: {} },
  ])('a process that asks for $asks gets $sees, whatever it forges', async (wanted) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY });
    const { sees, pod, uplink } = wanted;
    const granted = { priority: sees, tstamp: 0n };
    for (const forge of [() => forgeByUdp(plane, 4, wanted.asks), () => forgeByPacket(plane, wanted.asks)]) {
      forge();
      expect(await plane.seen(4)).toMatchObject([granted, granted, granted, granted]);
      expect(plane.counted()).toEqual({ pod, uplink });
    }
  });

  it('a packet socket past its qdisc gets what it honestly asks for', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY });
    const launchTimeNs = clockNs('monotonic') + 1_000_000_000n;
    using socket = Socket.packet(plane.stage.pod, 'eth0');
    withNetRaw(() => socket.priority(3).txtime('mono').send(routedFrame(plane, 0), { launchTimeNs }));
    expect(await plane.seen(1)).toMatchObject([{ priority: 3, tstamp: launchTimeNs, tstamp_type: 1 }]);
    expect(plane.counted()).toEqual({ pod: { saved: 1n }, uplink: { restored: 1n } });
  });
});

describe.for([
  ['without', undefined, { stripped: 4n }],
  ['with', POLICY, { forged: 4n, not_ip: 4n }],
] as const)('%s a policy', ([, policy, counts]) => {
  it('no word gets through on frames other than IP', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { path: l2Bridge, ...(policy ? { policy } : {}) });
    const { pod, node, outside } = plane.stage;
    const witness = lab.use(Witness.tcx(node, NIC, 'egress'));
    using socket = Socket.packet(pod, 'eth0');
    const addresses = { to: hardwareAddress(outside, 'eth0'), from: hardwareAddress(pod, 'eth0') };
    const frame = etherFrame({ ...addresses, ethertype: EXPERIMENTAL, payload: record({}) });
    withNetRaw(() => {
      socket.priority(3).txtime('mono');
      for (const launchTimeNs of words()) socket.send(frame, { launchTimeNs });
    });
    const frames = () => witness.sights.filter(({ ethertype }) => ethertype === EXPERIMENTAL);
    await until(() => frames().length === 4, 'four frames at the NIC');
    expect(frames().map(({ priority, tstamp }) => ({ priority, tstamp }))).toEqual(
      Array.from({ length: 4 }, () => ({ priority: 0, tstamp: 0n })),
    );
    expect(plane.counted()).toEqual({ pod: counts, uplink: {} });
  });
});
