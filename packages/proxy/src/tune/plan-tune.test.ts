import type { MqprioOptions, Qdisc, TaprioOptions } from '@tsnctl/netlink';
import { type PlacedQdisc, queuesNeeded, readSchedule, type Schedule, toQdiscs } from '@tsnctl/schedule';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterTune, bareNic } from '../../test/simulate-tune.ts';
import { describeTuneStep, tuneInterruptions } from './describe-tune.ts';
import type { DesiredTuning, FormerTuning, Nic, TuneStep } from './model.ts';
import { isSame, planRestore, planTune } from './plan-tune.ts';
import { requireRestorable } from './respec.ts';

const desired = (text: string): DesiredTuning => {
  const { schedule } = readSchedule(text, { file: 's.yaml' });
  return wish(schedule);
};
const wish = (schedule: Schedule): DesiredTuning => ({
  qdiscs: toQdiscs(schedule, { linkSpeed: 1_000_000_000n }),
  txQueues: ['taprio', 'mqprio'].includes(schedule.qdisc) ? queuesNeeded(schedule.classes) : 1,
});

const CLASSES = 'classes: [{name: a, priorities: 0-3}, {name: b, priorities: 4-7}]\n';
const GATES = `${CLASSES}gates: [{open: a, for: 300us}, {open: b, for: 700us}]\n`;
const OTHER = `${CLASSES}gates: [{open: a, for: 500us}, {open: b, for: 500us}]\n`;
const TIMED =
  'classes: [{name: a, priorities: 0-3}, {name: b, priorities: 4-7, etf: {delta: 300us, skipSockCheck: true}}]\n';
const LATER = TIMED.replace('300us', '400us');

const commands = (steps: readonly TuneStep[]) =>
  steps.map((step) => describeTuneStep(step, 'eth1').equivalent);
const former = (nic: Nic): FormerTuning => ({
  qdiscs: nic.qdiscs,
  channels: nic.channels?.current,
  uplinkClock: nic.uplinkClock,
});

const wishes = [
  GATES,
  OTHER,
  TIMED,
  LATER,
  CLASSES,
  GATES.replace('4-7}', '4-7, maxFrame: 256}'),
  GATES.replace('4-7}', '4-7, queues: 5}'),
  'qdisc: fq\n',
  'qdisc: fq\nfq: {horizon: 2s}\n',
  'qdisc: etf\netf: {delta: 300us}\n',
  'qdisc: prio\nclasses: [{name: a}, {name: b, priorities: 6}]\n',
  'qdisc: pfifo\nlimit: 100\n',
  'qdisc: mq\n',
];

describe('a plan', () => {
  it('leaves nothing to do, from anything to anything, and its undo leads back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...wishes), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('none' as const, 'mono' as const, undefined),
        (texts, uplinkClock) => {
          let nic = bareNic(uplinkClock === undefined ? {} : { uplinkClock });
          for (const text of texts) {
            const wanted = desired(text);
            const next = afterTune(nic, planTune(nic, wanted));
            expect(planTune(next, wanted)).toEqual([]);
            const back = afterTune(next, planRestore(next, former(nic)));
            expect(planRestore(back, former(nic))).toEqual([]);
            expect(isSame(back.qdiscs, nic.qdiscs)).toBe(true);
            expect(back.channels).toEqual(nic.channels);
            expect(back.uplinkClock).toBe(nic.uplinkClock);
            nic = next;
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it('puts the root first, then what stands in its classes', () => {
    expect(commands(planTune(bareNic(), desired(TIMED)))).toEqual([
      'tc qdisc replace dev eth1 root handle 100: mqprio num_tc 2 map 0 0 0 0 1 1 1 1 0 0 0 0 0 0 0 0 queues 1@0 1@1 hw 0',
      'tc qdisc replace dev eth1 parent 100:2 handle 101: etf clockid CLOCK_TAI delta 300000 skip_sock_check',
    ]);
  });

  it('changes a running taprio in place, and says that nothing is interrupted', () => {
    const nic = after(bareNic(), GATES);
    const steps = planTune(nic, desired(OTHER));
    expect(steps).toMatchObject([{ do: 'put-qdisc', inPlace: true }]);
    expect(tuneInterruptions(steps, 'eth1')).toEqual([]);
    expect(describeTuneStep(steps[0] as TuneStep, 'eth1').text).toBe('change the taprio at the root of eth1');
  });

  it('removes one whose map changes before the next comes, and says what that costs', () => {
    const nic = after(bareNic(), GATES);
    const steps = planTune(nic, desired(GATES.replace('0-3', '0-2').replace('4-7', '3-7')));
    expect(commands(steps)[0]).toBe('tc qdisc del dev eth1 root');
    expect(tuneInterruptions(steps, 'eth1')).toEqual([
      { loses: 'outgoing packets', aboutMs: 1, interfaces: ['eth1'], why: 'queues' },
    ]);
  });

  it('makes a taprio anew for another limit: a running one does not take it', () => {
    const nic = after(bareNic(), GATES.replace('4-7}', '4-7, maxFrame: 256}'));
    expect(planTune(nic, desired(GATES)).map((step) => step.do)).toEqual(['delete-root', 'put-qdisc']);
  });

  it('exchanges an etf by another under its own class, with another handle', () => {
    const nic = after(bareNic(), TIMED);
    expect(commands(planTune(nic, desired(LATER)))).toEqual([
      'tc qdisc replace dev eth1 parent 100:2 handle 102: etf clockid CLOCK_TAI delta 400000 skip_sock_check',
    ]);
  });

  it('uses more queues where the NIC has them, of the sort that its driver has', () => {
    const wanted = desired(CLASSES);
    const one = bareNic({ txQueues: 1, channels: { maximum: { combined: 4 }, current: { combined: 1 } } });
    expect(commands(planTune(one, wanted))[0]).toBe('ethtool -L eth1 combined 2');
    const split = bareNic({
      txQueues: 1,
      channels: { maximum: { tx: 4, rx: 4 }, current: { tx: 1, rx: 1 } },
    });
    expect(commands(planTune(split, wanted))[0]).toBe('ethtool -L eth1 tx 2');
    const steps = planTune(split, wanted);
    expect(tuneInterruptions(steps, 'eth1')[0]?.aboutMs).toBe(100);
  });

  it('or refuses', () => {
    const one = bareNic({
      txQueues: 1,
      maxTxQueues: 1,
      channels: { maximum: { combined: 1 }, current: { combined: 1 } },
    });
    expect(() => planTune(one, desired(CLASSES))).toThrow(
      expect.objectContaining({
        code: 'TOO_FEW_QUEUES',
        message: 'eth1 has 1 TX queue; this schedule needs 2, and the NIC has no more',
        hint: 'fewer classes, or fewer queues for them; or qdisc: prio, which needs one',
      }),
    );
  });

  it("sets the restorer's clock to that of the qdisc", () => {
    const clocks = [TIMED, 'qdisc: fq\n', CLASSES].map((text) => {
      const last = planTune(bareNic({ uplinkClock: text === CLASSES ? 'tai' : 'none' }), desired(text)).at(
        -1,
      );
      return last?.do === 'set-uplink-clock' ? last.clock : undefined;
    });
    expect(clocks).toEqual(['tai', 'mono', 'none']);
  });
});

describe('what the kernel tells back', () => {
  const [root] = desired(GATES.replace('gates', 'cycle: 1ms\ngates')).qdiscs as [PlacedQdisc<'taprio'>];
  const told = (options: Partial<TaprioOptions>): Nic =>
    bareNic({
      qdiscs: [
        {
          index: 7,
          handle: 0x100_0000,
          parent: root.parent,
          kind: 'taprio',
          offloaded: false,
          options: { ...(root.options as TaprioOptions), ...options },
        } as Qdisc,
      ],
    });

  it('is as wanted, though defaults are filled in', () => {
    const filled = told({
      cycleTimeNs: 1_000_000n,
      cycleTimeExtensionNs: 0n,
      classes: Array.from({ length: 16 }, (_, tc) => ({
        tc,
        maxSduBytes: 0,
        preemption: 'express' as const,
      })),
    });
    expect(planTune(filled, desired(GATES))).toEqual([]);
  });

  it('is what was told last, also while another schedule is in force', () => {
    const { baseTimeNs, cycleTimeNs, entries } = root.options as TaprioOptions;
    const waiting = told({
      entries: [{ command: 'S', gateMask: 3, intervalNs: 1000 }],
      cycleTimeNs: 1000n,
      admin: { baseTimeNs, cycleTimeNs, entries },
    });
    expect(planTune(waiting, desired(GATES))).toEqual([]);
    const puts = planRestore(bareNic(), { qdiscs: waiting.qdiscs });
    expect(puts.map((step) => step.do)).toEqual(['put-qdisc', 'put-qdisc']); // both schedules
  });

  it('of mqprio, too', () => {
    const [wanted] = desired(CLASSES).qdiscs as [PlacedQdisc<'mqprio'>];
    const options: MqprioOptions = {
      ...(wanted.options as MqprioOptions),
      preemption: [{ tc: 0, preemption: 'express' }],
    };
    const nic = bareNic({
      qdiscs: [{ ...wanted, index: 7, handle: 0x1_0000, offloaded: false, options } as Qdisc],
    });
    expect(planTune(nic, desired(CLASSES))).toEqual([]);
  });
});

it('what could not be brought back is not taken away', () => {
  const htb = { index: 7, handle: 0x1_0000, parent: 0xffff_ffff, kind: 'htb', offloaded: false };
  expect(() => requireRestorable('eth1', [htb])).toThrow(
    expect.objectContaining({
      code: 'NOT_RESTORABLE',
      message: 'eth1 has a htb that somebody set up, which tsnctl could not bring back',
      hint: 'tc qdisc del dev eth1 root first, if it is not needed; or --force, and --undo then leads to the default',
    }),
  );
  expect(() => requireRestorable('eth1', bareNic().qdiscs)).not.toThrow();
});

function after(nic: Nic, text: string): Nic {
  return afterTune(nic, planTune(nic, desired(text)));
}
