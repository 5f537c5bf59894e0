import { clockNs } from '@tsnctl/linux';
import { present, type UplinkClock } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { BpfLink, BpfProgram } from 'libbpf-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { udpFrame } from '../test/frame.ts';
import { Injector } from '../test/injector.ts';
import { EVERYTHING, NEEDS, Plane, record, Sender } from '../test/plane.ts';
import { Witness } from '../test/witness.ts';
import { carrier, word } from '../test/word.ts';
import { at, FAMILIES, on } from './addresses.ts';
import { Lab } from './lab.ts';
import type { Path } from './paths/path.ts';
import { bridgePod, NIC, POD_SIDE } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000;
const NONE = 0; // skb->tstamp_type
const MONOTONIC = 1;
const TAI = 2;

/** What becomes of a word of this clock on an uplink of that clock. */
const fates: Record<keyof typeof carrier, Record<UplinkClock, 'kept' | 'converted' | 'untimed' | 'none'>> = {
  none: { none: 'none', mono: 'none', tai: 'none' },
  mono: { none: 'untimed', mono: 'kept', tai: 'converted' },
  tai: { none: 'untimed', mono: 'converted', tai: 'kept' },
  pacing: { none: 'none', mono: 'kept', tai: 'none' },
};
const words = Object.keys(fates) as (keyof typeof fates)[];
const combinations = words.flatMap((from) =>
  (['none', 'mono', 'tai'] as const).map((to) => ({ from, to, fate: fates[from][to] })),
);

describe('the restorer', () => {
  it.for(combinations)('word of clock $from, uplink of $to: launch time $fate', async (wanted) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock: wanted.to });
    const injector = lab.use(new Injector(plane.stage.node, NIC));
    const taiMinusMono = () => clockNs('tai') - clockNs('monotonic');
    const timeNs =
      wanted.from === 'none' ? 0n : clockNs(wanted.from === 'tai' ? 'tai' : 'monotonic') + SECOND;
    const tstamp = word({ priority: 6, clock: carrier[wanted.from], timeNs });
    for (const type of [MONOTONIC, TAI]) injector.send(record({ seq: type }), { tstamp, type, priority: 1 });

    const packets = await plane.seen(2);
    for (const packet of packets) {
      expect(packet).toMatchObject({ priority: 6 });
      if (wanted.fate === 'kept') expect(packet.tstamp).toBe(timeNs);
      else if (wanted.fate !== 'converted') expect(packet).toMatchObject({ tstamp: 0n });
      else {
        const moved = wanted.to === 'tai' ? packet.tstamp - timeNs : timeNs - packet.tstamp;
        expect(Math.abs(Number(moved - taiMinusMono()))).toBeLessThan(MILLISECOND);
      }
      if (packet.tstamp !== 0n) expect(packet.tstamp_type).toBe(wanted.to === 'tai' ? TAI : MONOTONIC);
    }
    const counter = { kept: {}, none: {}, converted: { converted: 2n }, untimed: { untimed: 2n } }[
      wanted.fate
    ];
    expect(plane.counted()).toEqual({ pod: {}, uplink: { restored: 2n, ...counter } });
  });

  it('needs no timestamp type, as after WireGuard', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock: 'mono' });
    const timeNs = clockNs('monotonic') + SECOND;
    const stamp = word({ priority: 6, clock: carrier.mono, timeNs });
    lab.use(Witness.tcx(plane.stage.node, NIC, 'egress', { position: 'first', stamp }));
    lab.use(new Injector(plane.stage.node, NIC)).send(record({}));
    const restored = { priority: 6, tstamp: timeNs, tstamp_type: MONOTONIC };
    expect(await plane.seen(1)).toMatchObject([restored]);
  });

  it('leaves packets without a word alone', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock: 'tai' });
    const injector = lab.use(new Injector(plane.stage.node, NIC));
    const tstamp = clockNs('monotonic');
    injector.send(record({ seq: 0 }), { priority: 4 });
    injector.send(record({ seq: 1 }), { priority: 4, tstamp, type: MONOTONIC });
    expect(await plane.seen(2)).toMatchObject([
      { priority: 4, tstamp: 0n, tstamp_type: NONE },
      { priority: 4, tstamp, tstamp_type: MONOTONIC },
    ]);
    expect(plane.counted().uplink).toEqual({});
  });

  it('believes no word of a process on the node itself', async () => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock: 'mono' });
    const forged = word({ priority: 6, clock: carrier.mono, timeNs: clockNs('monotonic') });
    for (const family of FAMILIES) {
      using forger = new Sender(plane.stage.node, plane.target[family], { priority: 2, clock: 'mono' });
      forger.send(forged);
      expect(await plane.seen(1)).toMatchObject([{ priority: 2, tstamp: 0n, tstamp_type: NONE }]);
      expect(plane.counted().uplink).toEqual({ forged: 1n });
    }
  });

  it.for(['mono', 'tai'] as const)('on a stacked device leaves the word for a %s NIC', async (clock) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { path: overUpperDevice, clock, policy: EVERYTHING });
    const { node, pod } = plane.stage;
    plane.proxy.change((observed) => {
      const { uplinks, ...desired } = present(observed);
      return { ...desired, uplinks: [...uplinks, { name: UPPER, clock: 'none', stacked: true }] };
    });
    const witness = lab.use(Witness.tcx(node, UPPER, 'egress'));
    using sender = new Sender(pod, plane.target[4], { priority: 6, clock });
    const timeNs = clockNs(clock === 'tai' ? 'tai' : 'monotonic') + SECOND;
    sender.send(timeNs);
    expect(await plane.seen(1)).toMatchObject([{ priority: 6, tstamp: timeNs }]);
    const udp = witness.sights.filter(({ protocol }) => protocol === 17);
    const epoch = udp[0]?.tstamp ?? 0n;
    expect(udp).toMatchObject([
      { priority: 6, tstamp: word({ priority: 6, clock: carrier[clock], timeNs: epoch }) },
    ]);
  });
});

describe('every program', () => {
  it.for([
    ['strip', POD_SIDE, 'ingress', undefined, { pod: { stripped: 1n }, uplink: {} }],
    ['saver', POD_SIDE, 'ingress', EVERYTHING, { pod: { forged: 1n }, uplink: {} }],
    ['restorer', NIC, 'egress', undefined, { pod: {}, uplink: { forged: 1n } }],
  ] as const)('%s answers TCX_NEXT', async ([name, device, direction, policy, counts]) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, policy ? { policy } : {});
    const { node } = plane.stage;
    const ifindex = node.index(device);
    using program = attached(plane.proxy.pins.link(ifindex, direction));
    expect(program.info().name).toBe(name);
    const packet = udpFrame({ payload: record({}) });
    for (const tstamp of [0n, clockNs('monotonic'), word({ priority: 3 }), 2n ** 64n - 1n]) {
      const run = node.netns.run(() => program.testRun(packet, { context: skBuff({ ifindex, tstamp }) }));
      expect(run.returned).toBe(-1);
    }
    expect(plane.counted()).toEqual(counts); // a test run's packet has a socket of this namespace
  });
});

const UPPER = 'upper0';

/** The NIC is the only port of a device of which the route leaves: VLAN and bond look like this from above. */
const overUpperDevice: Path = {
  name: 'upper',
  title: 'a device above the NIC',
  usedBy: [],
  pod: 'client',
  lay(stage) {
    stage.node.add({ kind: 'bridge', name: UPPER });
    stage.node.enslave(NIC, UPPER);
    stage.node.address(UPPER, ...on('nic', 1));
    bridgePod(stage);
    return at('nic', 2);
  },
};

/** The program of a pinned link. */
function attached(path: string): BpfProgram {
  using link = BpfLink.pinned(path);
  return BpfProgram.fromId(link.info().programId);
}

/** struct __sk_buff in linux/bpf.h, as a test run takes it. */
function skBuff({ ifindex, tstamp }: { ifindex: number; tstamp: bigint }): Uint8Array {
  const context = new DataView(new ArrayBuffer(192));
  context.setUint32(40, ifindex, true);
  context.setBigUint64(152, tstamp, true);
  return new Uint8Array(context.buffer);
}
