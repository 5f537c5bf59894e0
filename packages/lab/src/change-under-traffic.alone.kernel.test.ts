import { type Policy, present, Tables } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { EVERYTHING, MODES, NEEDS, Plane } from '../test/plane.ts';
import { Traffic } from '../test/traffic.ts';
import { Witness } from '../test/witness.ts';
import { Lab } from './lab.ts';
import type { Observation } from './observer.ts';
import { NIC, POD_SIDE } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const HANDFUL = 5;
const A: Policy = { allow: [3], remap: { 6: 3 }, horizonNs: 10n * SECOND };
const B: Policy = { allow: [5, 6], remap: { 3: 5 }, horizonNs: 0n };

/** What each priority is sent as, with or without its time. */
const sentAs: Record<number, { A: number; B: number }> = { 3: { A: 3, B: 5 }, 6: { A: 3, B: 6 } };

it.for(MODES)('each packet meets one policy wholly while it changes 100 times, %s mode', async (mode) => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { policy: A, mode });
  const applications = [3, 6].map((priority) => ({ priority, txtime: 'mono' as const }));
  using tables = new Tables(plane.proxy.pins);
  const pod = plane.stage.node.index(POD_SIDE);
  let alternated = 0;
  await Traffic.during(
    lab,
    plane,
    applications,
    { count: 30_000, intervalUs: 60 },
    {
      times: 100,
      action: (change) => tables.setPod(pod, change % 2 === 0 ? B : A),
      async judge(traffic) {
        const packets = await traffic.done();
        const met = packets.map((packet) => ({
          flow: packet.flow,
          seq: packet.seq,
          policy: policyOf(packet),
        }));
        expect(packets).toHaveLength(traffic.total);
        expect(packets.filter((_, at) => met[at]?.policy === undefined)).toEqual([]);
        alternated += alternations(met);
      },
    },
  );
  expect(alternated).toBeGreaterThan(25); // of what one application meets, packet by packet
});

it.for([
  { mode: 'host', via: 'tcx' },
  { mode: 'pod', via: 'tcx' },
  { mode: 'pod', via: 'clsact' },
] as const)('no launch time is lost or moved by 20 renewals, $mode mode on $via', async (how) => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { clock: 'tai', policy: EVERYTHING, ...how });
  const applications = [{ priority: 5, txtime: 'tai' as const }];
  await Traffic.during(
    lab,
    plane,
    applications,
    { count: 8_000, intervalUs: 150 },
    {
      times: 20,
      action: () => {
        plane.proxy.renew();
      },
      async judge(traffic) {
        const all = traffic.total;
        expect(await traffic.verdicts()).toEqual([{ priority: all, launchTime: all, wrong: 0 }]);
      },
    },
  );
});

it('moving first keeps every priority, loses hardly a launch time, and falsifies none', async () => {
  await using lab = Lab.create();
  const plane = new Plane(lab, { policy: EVERYTHING });
  const { node } = plane.stage;
  const applications = [{ priority: 6, txtime: 'mono' as const }];
  await Traffic.during(
    lab,
    plane,
    applications,
    { count: 30_000, intervalUs: 50 },
    {
      times: 10,
      action: () => {
        using _pod = Witness.tcx(node, POD_SIDE, 'ingress', { position: 'first' });
        using _nic = Witness.tcx(node, NIC, 'egress', { position: 'first' });
        expect(plane.proxy.change(present).map((step) => step.do)).toEqual(['move-first', 'move-first']);
      },
      async judge(traffic, moves) {
        const [verdict] = await traffic.verdicts();
        expect(verdict).toMatchObject({ priority: traffic.total, wrong: 0 });
        expect(traffic.total - (verdict?.launchTime ?? 0)).toBeLessThanOrEqual(HANDFUL * moves);
      },
    },
  );
});

function alternations(met: readonly { flow: number; seq: number; policy: unknown }[]): number {
  const inOrder = met.toSorted((a, b) => a.flow - b.flow || a.seq - b.seq);
  return inOrder.filter(({ flow, policy }, at) => {
    const before = inOrder[at - 1];
    return before?.flow === flow && before.policy !== policy;
  }).length;
}

/** The one policy that explains all of a packet. */
function policyOf({ asked_priority, asked_time_ns, priority, tstamp }: Observation): 'A' | 'B' | undefined {
  const sent = sentAs[asked_priority];
  if (priority === sent?.A && tstamp === asked_time_ns) return 'A';
  if (priority === sent?.B && tstamp === 0n) return 'B';
  return undefined;
}
