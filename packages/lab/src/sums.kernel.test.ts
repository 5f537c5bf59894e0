import { clockNs } from '@tsnctl/linux';
import type { Policy } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { hardwareAddress } from '../test/forge.ts';
import { etherFrame } from '../test/frame.ts';
import { MODES, NEEDS, Plane, record } from '../test/plane.ts';
import { Socket } from '../test/socket.ts';
import { type Sight, Witness } from '../test/witness.ts';
import { word } from '../test/word.ts';
import { at } from './addresses.ts';
import { Lab } from './lab.ts';
import { BRIDGE, NIC, POD_SIDE } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const UDP = 17; // protocol number
const EXPERIMENTAL = 0x88b5; // ETH_P_802_EX1
const ROUNDS = 400;
const POLICY: Policy = { allow: [3, 5], remap: { 6: 3 }, horizonNs: 10n * SECOND };

/** One packet of each outcome: what it asks for, and what the pod's counters say of it. */
const outcomes: { asks: number; timeNs?: (now: bigint) => bigint; counts: string[] }[] = [
  { asks: 0, counts: [] },
  { asks: 3, counts: ['saved'] },
  { asks: 5, timeNs: (now) => now + SECOND, counts: ['saved'] },
  { asks: 0, timeNs: (now) => now + SECOND, counts: ['saved'] },
  { asks: 4, counts: ['denied'] },
  { asks: 4, timeNs: (now) => now + SECOND, counts: ['denied', 'saved'] },
  { asks: 6, counts: ['remapped', 'saved'] },
  { asks: 16, counts: ['unclassed'] },
  { asks: 5, timeNs: (now) => now - SECOND, counts: ['late', 'saved'] },
  { asks: 5, timeNs: (now) => now + 100n * SECOND, counts: ['past_horizon', 'saved'] },
  { asks: 0, timeNs: (now) => now + 100n * SECOND, counts: ['past_horizon'] },
  { asks: 5, timeNs: () => 2n ** 60n, counts: ['out_of_range', 'saved'] },
  { asks: 3, timeNs: (now) => word({ priority: 15, clock: 1, timeNs: now }), counts: ['forged', 'saved'] },
  { asks: 0, timeNs: (now) => word({ priority: 15, clock: 1, timeNs: now }), counts: ['forged'] },
];

it.for(MODES)('the counters add up to what was seen, in %s mode', async (mode) => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { mode, policy: POLICY });
  const { pod, node } = plane.stage;
  const atPod = lab.use(Witness.tcx(node, POD_SIDE, 'ingress'));
  const atNic = lab.use(Witness.tcx(node, NIC, 'egress'));
  const way: [string, number] = [plane.target[4], 7000];
  const deadEnd: [string, number] = [at('pods', 1)[4], 9]; // the node itself
  const sockets = outcomes.map(({ asks, timeNs }) => {
    const socket = lab.use(Socket.open(pod, 'udp', 4)).priority(asks);
    return timeNs ? socket.txtime('mono') : socket;
  });
  const raw = lab.use(Socket.packet(pod, 'eth0', { bypass: false })).priority(3);
  const payload = record({});
  const addresses = { to: hardwareAddress(node, BRIDGE), from: hardwareAddress(pod, 'eth0') };
  const frame = etherFrame({ ...addresses, ethertype: EXPERIMENTAL, payload });
  const expected: Record<string, bigint> = {};
  const count = (name: string) => {
    expected[name] = (expected[name] ?? 0n) + 1n;
  };

  for (let round = 0; round < ROUNDS; round++) {
    const lost = round % 5 === 0; // the others reach the NIC
    for (const [at, { timeNs, counts }] of outcomes.entries()) {
      const launchTimeNs = timeNs?.(clockNs('monotonic'));
      sockets[at]?.send(payload, { to: lost ? deadEnd : way, ...(launchTimeNs ? { launchTimeNs } : {}) });
      for (const name of counts) count(name);
      if (counts.includes('saved') && !lost) count('restored');
    }
    raw.send(frame);
    count('not_ip');
  }

  const { restored = 0n, ...saver } = expected;
  const arrived = await plane.seen((ROUNDS * outcomes.length * 4) / 5);
  expect(plane.counted()).toEqual({ pod: saver, uplink: { restored } });

  const saved = Number(saver.saved);
  const udp = (witness: Witness) => witness.sights.filter(({ protocol }) => protocol === UDP);
  expect(udp(atPod)).toHaveLength(ROUNDS * outcomes.length);
  expect(udp(atPod).filter(isMarked)).toHaveLength(saved);
  expect(atPod.sights.filter(isMarked)).toHaveLength(saved);
  expect(saved - Number(restored)).toBe(saved / 5); // what was dropped on the way
  expect(udp(atNic)).toHaveLength(arrived.length);
  const carries = ({ priority, tstamp }: { priority: number; tstamp: bigint }) =>
    priority !== 0 || tstamp !== 0n;
  expect(arrived.filter(carries)).toHaveLength(Number(restored));
  expect(udp(atNic).filter(carries)).toHaveLength(Number(restored));
  expect(atNic.sights.filter(isMarked)).toEqual([]);
});

function isMarked({ tstamp }: Sight): boolean {
  return tstamp >> 62n === 1n;
}
