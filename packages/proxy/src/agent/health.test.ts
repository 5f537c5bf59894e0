import { expect, it } from 'vitest';
import { Health, type HealthOptions } from './health.ts';

const well: HealthOptions = {
  look: { done: true, underWayMs: undefined, uplinks: [{ ifindex: 2, name: 'eth1' }] },
  changes: { uplinks: ['eth1'] } as unknown as HealthOptions['changes'],
  pods: { size: 3 },
  follower: { carried: () => [] },
};

function health(differs: { look?: Partial<HealthOptions['look']>; uplinks?: readonly string[] } = {}) {
  const { look = {}, uplinks = ['eth1'] } = differs;
  return new Health({
    ...well,
    look: { ...well.look, ...look },
    changes: { ...well.changes, uplinks } as HealthOptions['changes'],
  });
}

it('is ready when the node was looked at and something restores', () => {
  expect(health().notReady()).toBeUndefined();
  expect(health({ look: { done: false } }).notReady()).toEqual({
    message: 'the node was not looked at yet',
    hint: 'in a moment',
  });
  expect(health({ uplinks: [] }).notReady()).toEqual({
    message: 'no uplink is attached on this node: nothing would restore what pods send',
    hint: 'tsnctl agent --uplink IF, for the interface by which packets leave the node',
  });
});

it('is well as long as no look hangs', () => {
  expect(health().notWell()).toBeUndefined();
  expect(health({ look: { underWayMs: 60_000 } }).notWell()).toBeUndefined();
  expect(health({ look: { underWayMs: 75_300 } }).notWell()).toBe('a look at the node takes 75 s by now');
});

it('shows its metrics what it is', () => {
  const { view } = health({ uplinks: [] });
  expect([view.ready(), view.podInterfaces(), view.uplinks()]).toEqual([
    false,
    3,
    [{ ifindex: 2, name: 'eth1' }],
  ]);
});
