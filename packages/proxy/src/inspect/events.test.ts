import { describe, expect, it } from 'vitest';
import { inspectCase } from '../../test/inspect-cases.ts';
import { later } from '../../test/later.ts';
import { eventsBetween } from './events.ts';
import { inspectNode } from './inspect-node.ts';
import type { NodeSnapshot } from './schema.ts';

const before = inspectNode(inspectCase('taprio'));
const drifting = inspectNode(inspectCase('drift'));

const cases: [string, (after: NodeSnapshot) => void, string[]][] = [
  ['nothing', () => undefined, []],
  ['a pod that went', ({ pods }) => void pods.pop(), ['pod veth3c4d went']],
  [
    'a pod that came',
    ({ pods }) => void pods.push({ ...pods[1], interface: 'veth9', ifindex: 9, state: 'unguarded' } as never),
    ['pod veth9 came: unguarded'],
  ],
  [
    'a pod with another state',
    ({ pods: [pod] }) => void (pod && Object.assign(pod, { state: 'unguarded' })),
    ['pod default/motion (veth1a2b): carried, now unguarded'],
  ],
  [
    'a pod with another policy',
    ({ pods: [pod] }) => void pod?.policy?.allow.pop(),
    ['pod default/motion (veth1a2b) has another policy'],
  ],
  ['an uplink that went', ({ uplinks }) => void uplinks.pop(), ['uplink eth1 went']],
  [
    'an uplink that is down, detached and has another qdisc',
    ({ uplinks: [uplink] }) =>
      void (uplink && Object.assign(uplink, { up: false, attached: false, qdiscs: [], schedule: null })),
    [
      'uplink eth1 is down',
      'uplink eth1: restorer detached',
      'uplink eth1 has no qdisc, where taprio, etf, pfifo was',
      'uplink eth1 has another schedule in force',
    ],
  ],
  [
    "somebody's program that went",
    ({ hooks }) => void hooks[1]?.programs.splice(1, 1),
    ['gone: cil_from_contai on veth1a2b ingress'],
  ],
  [
    'drift',
    (after) => void after.drift.push(...drifting.drift.slice(0, 1)),
    ['drift: the pin /sys/fs/bpf/tsnctl/v1/links/1-7-ingress is left over'],
  ],
];

describe('eventsBetween', () => {
  it.each(cases)('tells %s', (_, change, expected) => {
    const events = eventsBetween(before, later(before, 1, change));
    expect(events.map(({ text }) => text)).toEqual(expected);
    expect(new Set(events.map(({ at }) => at))).toEqual(
      new Set(expected.length > 0 ? ['2026-11-29T10:00:01.000Z'] : []),
    );
  });

  it('tells drift that was mended, as good', () => {
    const events = eventsBetween(
      drifting,
      later(drifting, 1, (after) => void after.drift.splice(1)),
    );
    expect(events).toHaveLength(drifting.drift.length - 1);
    expect(events[0]).toMatchObject({ tone: 'good', text: expect.stringMatching(/^no more: veth6 may use/) });
  });

  it('tells what came and went both ways', () => {
    const without = later(before, 1, ({ hooks, uplinks }) => {
      hooks.length = 0;
      uplinks.length = 0;
    });
    expect(eventsBetween(without, before).map(({ text }) => text)).toEqual([
      'uplink eth1 came',
      'new: cil_from_contai on veth1a2b ingress',
      'new: u32 on veth1a2b ingress',
    ]);
  });
});
