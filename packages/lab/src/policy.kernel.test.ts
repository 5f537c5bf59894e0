import { clockNs } from '@tsnctl/linux';
import type { Policy } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { NEEDS, Plane, Sender } from '../test/plane.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const POLICY: Policy = { allow: [3, 5, 15], remap: { 6: 3, 7: 15 }, horizonNs: 10n * SECOND };

/** A packet asks for a priority and perhaps a time: what the NIC sees of it, and what the pod's saver counts. */
const cases = [
  { title: 'grants', asks: 5, timed: true, sees: 5, keepsTime: true, counts: { saved: 1n } },
  { title: 'denies', asks: 4, timed: false, sees: 0, keepsTime: false, counts: { denied: 1n } },
  { title: 'denies', asks: 4, timed: true, sees: 0, keepsTime: true, counts: { denied: 1n, saved: 1n } },
  { title: 'remaps', asks: 6, timed: false, sees: 3, keepsTime: false, counts: { remapped: 1n, saved: 1n } },
  { title: 'remaps', asks: 7, timed: true, sees: 15, keepsTime: true, counts: { remapped: 1n, saved: 1n } },
  { title: 'cannot carry', asks: 16, timed: false, sees: 0, keepsTime: false, counts: { unclassed: 1n } },
  {
    title: 'cannot carry',
    asks: 0xffff,
    timed: true,
    sees: 0,
    keepsTime: true,
    counts: { unclassed: 1n, saved: 1n },
  },
];

describe.for([
  { mode: 'host', via: 'tcx' },
  { mode: 'pod', via: 'tcx' },
  { mode: 'pod', via: 'clsact' },
] as const)('a policy in $mode mode on $via', (how) => {
  it.for(cases)('$title priority $asks, with a launch time: $timed', async (wanted) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY, ...how });
    const options = { priority: wanted.asks, ...(wanted.timed ? { clock: 'mono' as const } : {}) };
    using sender = new Sender(plane.stage.pod, plane.target[4], options);
    const time = clockNs('monotonic') + SECOND;
    sender.send(wanted.timed ? time : undefined);
    const [packet] = await plane.seen(1);
    expect(packet).toMatchObject({ priority: wanted.sees, tstamp: wanted.keepsTime ? time : 0n });
    const restored = 'saved' in wanted.counts ? { restored: 1n } : {};
    expect(plane.counted()).toEqual({ pod: wanted.counts, uplink: restored });
  });

  it('may grant no launch time', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: { ...POLICY, horizonNs: 0n }, ...how });
    for (const [priority, counts] of [
      [5, { untimed: 1n, saved: 1n }],
      [0, { untimed: 1n }],
    ] as const) {
      using sender = new Sender(plane.stage.pod, plane.target[4], { priority, clock: 'mono' });
      sender.send(clockNs('monotonic') + SECOND);
      expect(await plane.seen(1)).toMatchObject([{ priority, tstamp: 0n }]);
      expect(plane.counted().pod).toEqual(counts);
    }
  });

  it('holds from the next packet on when it is changed', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: POLICY, ...how });
    using sender = new Sender(plane.stage.pod, plane.target[4], { priority: 5 });
    const seen: number[] = [];
    for (const allow of [[5], [], [5]]) {
      plane.policy({ ...POLICY, allow, remap: {} });
      sender.send();
      seen.push(...(await plane.seen(1)).map(({ priority }) => priority));
    }
    expect(seen).toEqual([5, 0, 5]);
  });
});
