import { describe, expect, it } from 'vitest';
import { inspectCase } from '../../test/inspect-cases.ts';
import { busier, later } from '../../test/later.ts';
import { inspectNode } from './inspect-node.ts';
import { ratesBetween } from './rates.ts';

const before = inspectNode(inspectCase('taprio'));

describe('ratesBetween', () => {
  it('divides what was counted by the time between', () => {
    const { seconds, pods, uplinks } = ratesBetween(before, busier(before));
    expect(seconds).toBe(2);
    expect(pods[0]).toMatchObject({ name: 'default/motion', others: { denied: 10 } });
    expect(pods[0]?.byPriority).toEqual([0.5, 0, 0, 1200, ...Array(12).fill(0)]);
    expect(uplinks[0]?.byPriority[3]).toBe(1200);
    expect(uplinks[0]?.classes[0]).toMatchObject({
      id: '100:1',
      priorities: [3],
      packets: 1200,
      bits: 960_000,
      drops: 2,
    });
  });

  it('has none for what is new, was counted anew, or where no time has passed', () => {
    const other = later(before, 1, ({ pods: [pod] }) => {
      if (pod) pod.ifindex = 77;
    });
    expect(ratesBetween(before, other).pods[0]?.byPriority).toEqual(Array(16).fill(0));
    expect(ratesBetween(busier(before), later(before, 3)).pods[0]).toMatchObject({ others: {} });
    const same = busier(before);
    expect(ratesBetween({ ...before, observedAt: same.observedAt }, same).pods[0]?.byPriority[3]).toBe(0);
  });

  it('takes the qdiscs where there are no classes', () => {
    const drift = inspectNode(inspectCase('drift'));
    expect(ratesBetween(drift, drift).uplinks.map(({ classes }) => classes.map(({ id }) => id))).toEqual([
      ['8001:'],
      ['8002:'],
      ['8003:'],
    ]);
  });
});
