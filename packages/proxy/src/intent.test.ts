import { describe, expect, it } from 'vitest';
import { BARE, BUSY, FQ_AT_POD, gated, POLICY, TWO_QUEUES, TWO_UPLINKS } from '../test/intent-nodes.ts';
import { addUplink, attachPod, attachUplink, combine, detachAll, detachPod, detachUplink } from './intent.ts';
import type { Intent } from './metadata-proxy.ts';
import type { Observed } from './model.ts';

const nic0 = { name: 'nic0', clock: 'tai', stacked: false };
const podA = { name: 'podA', policy: POLICY, mode: 'host' };

const OTHER_CLOCK: Observed = { ...BUSY, uplinks: [{ ifindex: 2, clock: 'none', stacked: false }] };
const OTHER_CLOCK_STAYS = { pods: [podA], uplinks: [{ ...nic0, clock: 'none' }] };

describe('addUplink', () => {
  const clockAfter = (
    formerQdiscs: readonly string[] | undefined,
    qdiscs: readonly string[],
    clock?: 'mono',
  ) => {
    const interfaces = BUSY.interfaces.map((link) => (link.name === 'nic0' ? { ...link, qdiscs } : link));
    return combine([addUplink('nic0', clock, { formerQdiscs })])({ ...BUSY, interfaces }).uplinks[0]?.clock;
  };

  it('reads the clock anew where the qdiscs want another one than before', () => {
    expect(clockAfter(['mqprio', 'etf'], ['fq'])).toBe('mono');
    expect(clockAfter(['mqprio', 'etf'], ['pfifo_fast'])).toBe('none');
    expect(clockAfter(['fq', 'fq'], ['mqprio', 'etf'], 'mono')).toBe('mono'); // it is named
  });

  it('keeps it where they want the same, and where it is not known what was there', () => {
    expect(clockAfter(['etf'], ['mqprio', 'etf', 'fq_codel'])).toBe('tai');
    expect(clockAfter(['pfifo'], ['mq'])).toBe('tai'); // chosen by hand
    expect(clockAfter(undefined, ['fq'])).toBe('tai');
  });
});

describe('what is wanted', () => {
  it.each<[string, Intent, Observed, object]>([
    ['a first uplink', attachUplink('nic0'), BARE, { pods: [], uplinks: [nic0] }],
    [
      'another uplink, besides what is there',
      attachUplink('nic1'),
      TWO_QUEUES,
      { pods: [podA], uplinks: [nic0, { name: 'nic1', clock: 'mono', stacked: false }] },
    ],
    [
      'another clock for the same uplink',
      attachUplink('nic0', 'none'),
      BUSY,
      { pods: [podA], uplinks: [{ ...nic0, clock: 'none' }] },
    ],
    [
      'another policy for the same pod',
      attachPod('podA', { ...POLICY, allow: [5] }),
      BUSY,
      {
        pods: [{ name: 'podA', policy: { ...POLICY, allow: [5] }, mode: 'host' }],
        uplinks: [nic0],
      },
    ],
    [
      'a pod that was stripped',
      attachPod('podB', POLICY),
      BUSY,
      {
        pods: [podA, { name: 'podB', policy: POLICY, mode: 'host' }],
        uplinks: [nic0],
      },
    ],
    [
      'a pod without an uplink',
      attachPod('podA', POLICY, { withoutUplink: true }),
      BARE,
      {
        pods: [podA],
        uplinks: [],
      },
    ],
    [
      'pod mode, by filters',
      attachPod('podB', POLICY, { mode: 'pod', via: 'clsact' }),
      BUSY,
      { via: 'clsact', pods: [podA, { name: 'podB', policy: POLICY, mode: 'pod' }], uplinks: [nic0] },
    ],
    ['the clock that was chosen by hand', attachUplink('nic0'), OTHER_CLOCK, OTHER_CLOCK_STAYS],
    ['a pod less', detachPod('podA'), BUSY, { pods: [], uplinks: [nic0] }],
    ['nothing', detachAll(), BUSY, { pods: [], uplinks: [] }],
  ])('%s', (_, intent, observed, desired) => {
    expect(intent(observed)).toEqual({ via: 'tcx', ...desired });
  });

  it('an uplink that is a pod side of its own node: a node in a container', () => {
    expect(attachUplink('podB')(BARE).uplinks).toEqual([{ name: 'podB', clock: 'none', stacked: false }]);
  });
});

describe('what was chosen before stays', () => {
  const chosen: Observed = {
    ...BUSY,
    attachments: [
      { ifindex: 2, role: 'restorer', via: 'clsact', first: true },
      { ifindex: 6, role: 'gate', via: 'clsact', first: true },
      { ifindex: 6, role: 'pod_saver', via: 'clsact', first: true },
      { ifindex: 7, role: 'strip', via: 'clsact', first: true },
    ],
  };
  const stays = { via: 'clsact', pods: [{ ...podA, mode: 'pod' }], uplinks: [nic0] };

  it.each<[string, Intent, object]>([
    ['the same pod again', attachPod('podA', POLICY), stays],
    ['the same uplink again', attachUplink('nic0'), stays],
    [
      'another pod: the way, not the mode',
      attachPod('podB', POLICY),
      { ...stays, pods: [...stays.pods, { name: 'podB', policy: POLICY, mode: 'host' }] },
    ],
    ['another mode', attachPod('podA', POLICY, { mode: 'host' }), { ...stays, pods: [podA] }],
    ['another way', attachPod('podA', POLICY, { via: 'tcx' }), { ...stays, via: 'tcx' }],
    ['another way, by an uplink', attachUplink('nic0', undefined, { via: 'tcx' }), { ...stays, via: 'tcx' }],
    ['a pod less', detachPod('podA'), { ...stays, pods: [] }],
  ])('%s', (_, intent, desired) => {
    expect(intent(chosen)).toEqual(desired);
  });
});

describe('on an older kernel', () => {
  const old = { kernel: '6.1.0', tcx: false, hostMode: false };
  const bare: Observed = { ...BARE, abilities: old };
  const restoring: Observed = {
    ...BUSY,
    abilities: old,
    pods: [],
    tables: true,
    attachments: [{ ifindex: 2, role: 'restorer', via: 'clsact', first: true }],
    uplinks: [{ ifindex: 2, clock: 'tai', stacked: false }],
  };

  it('what it can do is taken unless told', () => {
    expect(attachUplink('nic0')(bare)).toMatchObject({ via: 'clsact' });
    expect(attachPod('podA', POLICY)(restoring)).toMatchObject({ via: 'clsact', pods: [{ mode: 'pod' }] });
    const between: Observed = { ...bare, abilities: { ...old, kernel: '6.8.0', tcx: true } };
    expect(attachUplink('nic0')(between)).toMatchObject({ via: 'tcx' });
  });

  it.each([
    [
      attachUplink('nic0', undefined, { via: 'tcx' }),
      'kernel 6.1.0 has no tcx hooks',
      '--hook clsact; or kernel 6.6 or newer with CONFIG_NET_XGRESS',
    ],
    [
      attachPod('podA', POLICY, { mode: 'host' }),
      "kernel 6.1.0 does not show a pod's launch times at its host side",
      '--mode pod; or kernel 6.11 or newer',
    ],
  ])('what it cannot do is refused: %#', (intent, message, hint) => {
    expect(() => intent(restoring)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', message, hint }));
  });
});

it('a policy that contradicts itself is refused before anything is observed', () => {
  expect(() => attachPod('podA', { allow: [3, 6], remap: { 6: 3 }, horizonNs: 0n })).toThrow(
    'priority 6 is both allowed and remapped to 3',
  );
});

describe('the clock of an uplink', () => {
  it.each([
    ['nic0', undefined, { clock: 'tai', stacked: false }],
    ['nic1', undefined, { clock: 'mono', stacked: false }],
    ['lo', undefined, { clock: 'none', stacked: false }],
    ['bond0', undefined, { clock: 'none', stacked: true }],
    ['nic1', 'tai', { clock: 'tai', stacked: false }],
    ['nic2', 'mono', { clock: 'mono', stacked: false }],
  ] as const)('%s, --clock %s', (name, clock, uplink) => {
    expect(attachUplink(name, clock)(BARE).uplinks).toEqual([{ name, ...uplink }]);
  });
});

it('filters are put beside taprio where a clsact qdisc is there already; links need none', () => {
  const byFilter = attachUplink('nic1', 'none', { via: 'clsact' });
  expect(byFilter(gated('taprio', 'clsact')).uplinks).toHaveLength(2);
  expect(attachUplink('nic1', 'none')(gated('taprio')).uplinks).toHaveLength(2);
});

describe('an interface that goes by launch times', () => {
  it.each<[string, Intent, Observed]>([
    ['is no obstacle once it is an uplink, too', attachPod('podB', POLICY), TWO_UPLINKS],
    ['nor on the way into another pod', attachPod('podA', POLICY), { ...BUSY, interfaces: FQ_AT_POD }],
    ['nor where that is said', attachPod('podB', POLICY, { withoutUplink: true }), TWO_QUEUES],
    ['nor for less pods', detachPod('podA'), TWO_QUEUES],
    ['nor where there is no pod', detachUplink('nic1'), { ...TWO_UPLINKS, pods: [] }],
  ])('%s', (_, intent, observed) => {
    expect(() => intent(observed)).not.toThrow();
  });
});
