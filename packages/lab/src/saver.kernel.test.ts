import { clockNs } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { EVERYTHING, MODES, NEEDS, Plane, Sender } from '../test/plane.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const TICK = 10_000_000n; // the coarse clock's, at HZ=100
const MONOTONIC = 1; // skb->tstamp_type
const TAI = 2;
const MARGIN = 2n ** 53n; // CARRIER_MARGIN in bpf/carrier.h
const HALF_WINDOW = 1n << 55n;
const WINDOW = 1n << 56n;

describe.for(MODES.flatMap((mode) => [{ mode, family: 4 } as const, { mode, family: 6 } as const]))(
  'in $mode mode over IPv$family',
  ({ mode, family }) => {
    it('carries the priority alone', async () => {
      await using lab = Lab.create();
      const plane = new Plane(lab, { policy: EVERYTHING, mode });
      for (const priority of EVERYTHING.allow) {
        using sender = new Sender(plane.stage.pod, plane.target[family], { priority });
        sender.send();
        expect(await plane.seen(1)).toMatchObject([{ priority, tstamp: 0n }]);
      }
      expect(plane.counted()).toEqual({ pod: { saved: 15n }, uplink: { restored: 15n } });
    });

    it.for([
      ['mono', 'monotonic', MONOTONIC],
      ['tai', 'tai', TAI],
    ] as const)('carries a launch time in %s, with and without a priority', async ([clock, name, type]) => {
      await using lab = Lab.create();
      const plane = new Plane(lab, { clock, policy: EVERYTHING, mode });
      for (const priority of [0, 5]) {
        using sender = new Sender(plane.stage.pod, plane.target[family], { priority, clock });
        const times = [1n, 2n, 3n].map((later) => clockNs(name) + SECOND + later);
        for (const time of times) sender.send(time);
        const expected = times.map((tstamp) => ({ priority, tstamp, tstamp_type: type }));
        expect(await plane.seen(3)).toMatchObject(expected);
      }
      expect(plane.counted()).toEqual({ pod: { saved: 6n }, uplink: { restored: 6n } });
    });

    it('takes a REALTIME stamp for no launch time', async () => {
      await using lab = Lab.create();
      const plane = new Plane(lab, { policy: EVERYTHING, mode });
      using sender = new Sender(plane.stage.pod, plane.target[family], { priority: 3, clock: 'realtime' });
      sender.send(clockNs('realtime') + SECOND);
      expect(await plane.seen(1)).toMatchObject([{ priority: 3, tstamp: 0n }]);
      expect(plane.counted()).toEqual({ pod: { saved: 1n }, uplink: { restored: 1n } });
    });

    it('leaves ordinary packets as they are', async () => {
      await using lab = Lab.create();
      const plane = new Plane(lab, { policy: EVERYTHING, mode });
      using sender = new Sender(plane.stage.pod, plane.target[family]);
      for (let count = 0; count < 10; count++) sender.send();
      const ordinary = { priority: 0, tstamp: 0n, tstamp_type: 0 };
      expect(await plane.seen(10)).toMatchObject(Array.from({ length: 10 }, () => ordinary));
      expect(plane.counted()).toEqual({ pod: {}, uplink: {} });
    });
  },
);

describe('the window of launch times', () => {
  it.for(MODES)('holds MONOTONIC from its start to 2^56 - 1, in %s mode', async (mode) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING, mode });
    using sender = new Sender(plane.stage.pod, plane.target[4], { priority: 2, clock: 'mono' });
    for (const time of [1n, WINDOW - 1n, WINDOW, 2n ** 62n - 1n]) sender.send(time);
    expect(await plane.seen(4)).toMatchObject([
      { priority: 2, tstamp: 1n },
      { priority: 2, tstamp: WINDOW - 1n },
      { priority: 2, tstamp: 0n },
      { priority: 2, tstamp: 0n },
    ]);
    expect(plane.counted().pod).toEqual({ saved: 4n, late: 1n, out_of_range: 2n });
  });

  it('holds 2^56 ns of TAI around the moment of loading, less a margin at both ends', async () => {
    await using lab = Lab.create();
    const before = clockNs('tai');
    const plane = new Plane(lab, { clock: 'tai', policy: EVERYTHING });
    const after = clockNs('tai');
    using sender = new Sender(plane.stage.pod, plane.target[4], { priority: 2, clock: 'tai' });
    const isHeld = async (time: bigint) => {
      sender.send(time);
      const [packet] = await plane.seen(1);
      expect(packet).toMatchObject({ priority: 2 });
      return plane.counted().pod.out_of_range === undefined;
    };

    // The program's own epoch lies between the two: find it, one packet per step.
    let [outside, first] = [before - HALF_WINDOW + MARGIN - 1n, after - HALF_WINDOW + MARGIN];
    while (first - outside > 1n) {
      const middle = (first + outside) / 2n;
      if (await isHeld(middle)) first = middle;
      else outside = middle;
    }
    expect(first).toBeGreaterThanOrEqual(before - HALF_WINDOW + MARGIN);
    const last = first + WINDOW - 2n * MARGIN - 1n;
    const edges = [first - 1n, first, last, last + 1n];
    const held: boolean[] = [];
    for (const time of edges) held.push(await isHeld(time));
    expect(held).toEqual([false, true, true, false]);
  });

  it.for(MODES)('gives back the exact TAI time wherever it lies in the window, in %s mode', async (mode) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock: 'tai', policy: EVERYTHING, mode });
    using sender = new Sender(plane.stage.pod, plane.target[4], { clock: 'tai' });
    const now = clockNs('tai');
    const far = HALF_WINDOW - MARGIN - 60n * SECOND;
    const times = [now - far, now - 1n, now, now + 1n, now + far];
    for (const time of times) sender.send(time);
    expect(await plane.seen(5)).toMatchObject(times.map((tstamp) => ({ tstamp, tstamp_type: TAI })));
  });
});

describe.for([
  ['mono', 'monotonic'],
  ['tai', 'tai'],
] as const)('the horizon in %s', ([clock, name]) => {
  it.for(MODES)('lets through what is nearer, and says what is late, in %s mode', async (mode) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock, policy: { ...EVERYTHING, horizonNs: SECOND }, mode });
    using sender = new Sender(plane.stage.pod, plane.target[4], { priority: 4, clock });
    const inside = clockNs(name) + SECOND - TICK;
    sender.send(inside);
    expect(await plane.seen(1)).toMatchObject([{ priority: 4, tstamp: inside }]);
    expect(plane.counted().pod).toEqual({ saved: 1n });

    const late = clockNs(name) - 2n * TICK;
    sender.send(late);
    expect(await plane.seen(1)).toMatchObject([{ priority: 4, tstamp: late }]);
    expect(plane.counted().pod).toEqual({ saved: 1n, late: 1n });
  });

  it.for(MODES)('stops what is farther, and lets the priority pass, in %s mode', async (mode) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock, policy: { ...EVERYTHING, horizonNs: SECOND }, mode });
    using sender = new Sender(plane.stage.pod, plane.target[4], { priority: 4, clock });
    sender.send(clockNs(name) + SECOND + 10n * TICK);
    expect(await plane.seen(1)).toMatchObject([{ priority: 4, tstamp: 0n }]);
    expect(plane.counted().pod).toEqual({ saved: 1n, past_horizon: 1n });
  });
});
