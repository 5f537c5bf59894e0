import { describe, expect, it } from 'vitest';
import { answers } from '../../test/golden.ts';
import { tcJson } from '../../test/tc-json.ts';
import { toolJson } from '../../test/tool-json.ts';
import { isQdisc, listQdiscs, txQueueStats } from '../index.ts';

/** What tc has and we do not: the number of references, and a name where we have an index. */
const withoutNames = ({ refcnt: _, dev: __, ...json }: Record<string, unknown>) => json;

/** tc 6.15 says `dcb` of a mode and a shaper that the kernel did not send: there is no TCA_MQPRIO_MODE, _SHAPER. */
function withoutInventions(json: Record<string, unknown>): Record<string, unknown> {
  if (json.kind !== 'mqprio') return json;
  const { mode: _, shaper: __, ...options } = json.options as Record<string, unknown>;
  return { ...json, options };
}

describe.each(['6.1', '6.12'])('the qdiscs of Linux %s', (kernel) => {
  const names = ['mqprio', 'mq', 'options', ...(kernel === '6.1' ? [] : ['taprio'])];

  it.each(names)('%s are what tc reads, field by field', (name) => {
    const qdiscs = answers(`reply-${kernel}-${name}`, listQdiscs());
    const theirs = toolJson(`reply-${kernel}-${name}`).map(withoutNames).map(withoutInventions);
    expect(qdiscs.map(tcJson)).toEqual(theirs);
    expect(qdiscs.length).toBeGreaterThan(5);
  });

  it('have no mode of mqprio where nobody asked for one', () => {
    const mqprio = answers(`reply-${kernel}-mqprio`, listQdiscs()).find((it) => isQdisc(it, 'mqprio'));
    expect(mqprio?.options).toMatchObject({ numTc: 3, hw: 0 });
    expect(mqprio?.options).not.toHaveProperty('mode');
    expect(mqprio?.options).not.toHaveProperty('shaper');
  });

  it('have the schedule in force and the one to come', () => {
    const taprio = answers(`reply-${kernel}-taprio`, listQdiscs()).find((it) => isQdisc(it, 'taprio'));
    const entries = [
      { command: 'S', gateMask: 1, intervalNs: 300_000 },
      { command: 'S', gateMask: 7, intervalNs: 700_000 },
    ];
    expect(taprio?.options).toMatchObject({
      numTc: 3,
      clockid: 'CLOCK_TAI',
      flags: 1,
      txtimeDelayNs: 200_000,
      baseTimeNs: 1000n,
      cycleTimeNs: 1_000_000n,
      cycleTimeExtensionNs: 0n,
      entries,
      admin: {
        baseTimeNs: 4_102_444_800_000_000_000n,
        cycleTimeNs: 2_000_000n,
        cycleTimeExtensionNs: 1000n,
        entries,
      },
    });
    expect(taprio?.options).not.toHaveProperty('unknown');
  });

  it('count by TX queue', () => {
    for (const [name, root] of [
      ['mqprio', 0x1_0000],
      ['mq', 0x1_0000],
      ['taprio', 0x100_0000],
    ] as const) {
      const qdiscs = answers(`reply-${kernel}-${name}`, listQdiscs());
      const whole = qdiscs.find(({ handle }) => handle === root);
      const queues = whole ? txQueueStats(qdiscs, whole) : new Map();
      expect([...queues.keys()].sort()).toEqual([0, 1, 2, 3]);
      const packets = [...queues.values()].reduce((sum, stats) => sum + stats.packets, 0n);
      expect(packets).toBe(whole?.stats?.packets);
      expect(packets).toBeGreaterThan(0n);
    }
  });
});

describe("tc's own JSON", () => {
  it('of iproute2 6.1 is none, with a schedule to come: that one has no name', () => {
    expect(() => toolJson('reply-6.1-taprio')).toThrow(SyntaxError);
  });
});
