import { TsnctlError } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { addUplink, attachPod, attachUplink, combine, detachAll, detachPod, detachUplink } from './intent.ts';
import type { Intent } from './metadata-proxy.ts';
import type { Interface, Observed } from './model.ts';
import type { Policy } from './policy.ts';

const POLICY: Policy = { allow: [3], remap: {}, horizonNs: 0n };

const device = (ifindex: number, name: string, more: Partial<Interface> = {}): Interface => ({
  ifindex,
  name,
  kind: undefined,
  podSide: false,
  qdiscs: ['noqueue'],
  ...more,
});

const BARE: Observed = {
  abilities: { kernel: '6.18.0', tcx: true, hostMode: true },
  interfaces: [
    device(1, 'lo'),
    device(2, 'nic0', { qdiscs: ['mqprio', 'etf', 'fq_codel'] }),
    device(3, 'nic1', { qdiscs: ['fq'] }),
    device(4, 'nic2', { qdiscs: ['mqprio', 'etf', 'fq'] }),
    device(5, 'bond0', { kind: 'bond' }),
    device(6, 'podA', { kind: 'veth', podSide: true }),
    device(7, 'podB', { kind: 'netkit', podSide: true }),
  ],
  tables: false,
  attachments: [],
  pods: [],
  uplinks: [],
  stale: [],
};

/** nic0 restores, podA saves, podB is stripped; no other interface goes by launch times. */
const BUSY: Observed = {
  ...BARE,
  interfaces: BARE.interfaces.map((link) => (/nic[12]/.test(link.name) ? { ...link, qdiscs: ['mq'] } : link)),
  tables: true,
  attachments: [
    { ifindex: 2, role: 'restorer', via: 'tcx', first: true },
    { ifindex: 6, role: 'saver', via: 'tcx', first: true },
    { ifindex: 7, role: 'strip', via: 'tcx', first: true },
  ],
  pods: [
    { ifindex: 6, policy: POLICY },
    { ifindex: 7, policy: { allow: [], remap: {}, horizonNs: 0n } },
  ],
  uplinks: [{ ifindex: 2, clock: 'tai', stacked: false }],
};

/** nic1 has fq, too. */
const TWO_QUEUES: Observed = { ...BUSY, interfaces: BARE.interfaces.filter(({ name }) => name !== 'nic2') };

/** nic1 is an uplink, too. */
const TWO_UPLINKS: Observed = {
  ...TWO_QUEUES,
  attachments: [...BUSY.attachments, { ifindex: 3, role: 'restorer', via: 'tcx', first: true }],
  uplinks: [...BUSY.uplinks, { ifindex: 3, clock: 'mono', stacked: false }],
};

const FQ_AT_POD = BUSY.interfaces.map((link) => (link.name === 'podB' ? { ...link, qdiscs: ['fq'] } : link));

/** nic1 has these qdiscs. */
const gated = (...qdiscs: string[]): Observed => ({
  ...BUSY,
  interfaces: BUSY.interfaces.map((link) => (link.name === 'nic1' ? { ...link, qdiscs } : link)),
});

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

describe('refusals', () => {
  const many: Observed = {
    ...BARE,
    interfaces: Array.from({ length: 200 }, (_, at) => device(at + 1, `veth${at}`)),
  };
  const STACKED_QUEUE: Observed = {
    ...BUSY,
    interfaces: BUSY.interfaces.map((link) => (link.name === 'bond0' ? { ...link, qdiscs: ['fq'] } : link)),
    attachments: [...BUSY.attachments, { ifindex: 5, role: 'restorer', via: 'tcx', first: true }],
    uplinks: [...BUSY.uplinks, { ifindex: 5, clock: 'none', stacked: true }],
  };
  const known = 'one of lo, nic0, nic1, nic2, bond0, podA, podB; or another namespace: --netns NAME';

  it.each<[string, Intent, Observed, string, string, string]>([
    [
      'an interface that is not there',
      attachUplink('eth9'),
      BARE,
      'NO_INTERFACE',
      'there is no interface eth9 in this namespace',
      known,
    ],
    [
      'one of many',
      attachUplink('eth9'),
      many,
      'NO_INTERFACE',
      'there is no interface eth9 in this namespace',
      'one of veth0, veth1, veth2, veth3, veth4, veth5, veth6, veth7 and 192 more; or another namespace: --netns NAME',
    ],
    [
      'a pod that is not there',
      detachPod('eth9'),
      BUSY,
      'NO_INTERFACE',
      'there is no interface eth9 in this namespace',
      known,
    ],
    [
      'qdiscs of two clocks',
      attachUplink('nic2'),
      BARE,
      'TWO_CLOCKS',
      'nic2 has qdiscs of two clocks: mqprio, etf, fq',
      '--clock tai or --clock mono, whichever its launch times are for',
    ],
    [
      'an uplink on a pod',
      attachUplink('podA'),
      BUSY,
      'ROLE_TAKEN',
      'podA is attached as pod already',
      'tsnctl detach pod podA first',
    ],
    [
      'a pod on an uplink',
      attachPod('nic0', POLICY),
      BUSY,
      'ROLE_TAKEN',
      'nic0 is attached as uplink already',
      'tsnctl detach uplink nic0 first',
    ],
    [
      'a pod that is none',
      attachPod('lo', POLICY),
      BUSY,
      'NOT_A_POD',
      "lo is not the host side of a pod's interface",
      'a veth or netkit device whose peer lies in another namespace; ip -d link lists them',
    ],
    [
      'a pod before an uplink',
      attachPod('podA', POLICY),
      BARE,
      'NO_UPLINK',
      'nothing restores what podA would save: no uplink is attached here',
      "tsnctl attach uplink IF first, for the interface by which packets leave the node; --netns is the node's, not the pod's; --without-uplink is for tests",
    ],
    [
      'an uplink that is not attached',
      detachUplink('nic1'),
      BUSY,
      'NOT_ATTACHED',
      'nic1 is not attached as uplink',
      'one that is: nic0',
    ],
    [
      'a pod that is only stripped',
      detachPod('podB'),
      BUSY,
      'NOT_ATTACHED',
      'podB is not attached as pod',
      'one that is: podA',
    ],
    [
      'an uplink where none is',
      detachUplink('nic1'),
      BARE,
      'NOT_ATTACHED',
      'nic1 is not attached, and no uplink is in this namespace',
      '--netns NAME, if it is attached in another namespace',
    ],
    [
      'a pod, while an interface would drop what it sends there',
      attachPod('podB', POLICY),
      TWO_QUEUES,
      'UNRESTORED',
      'nic1 has fq, and no restorer: what podB sends there would be dropped',
      'tsnctl attach uplink nic1 first; or another qdisc: tc qdisc replace dev nic1 root pfifo; or --without-uplink, if no pod sends there',
    ],
    [
      'a pod, while a stacked uplink would drop what it sends there',
      attachPod('podB', POLICY),
      STACKED_QUEUE,
      'UNRESTORED',
      'bond0 has fq, and its restorer leaves the word in, for the device below: what podB sends there would be dropped',
      'another qdisc: tc qdisc replace dev bond0 root pfifo; or --without-uplink, if no pod sends there',
    ],
    [
      'filters on an uplink that a clsact qdisc would stop',
      attachUplink('nic1', undefined, { via: 'clsact' }),
      gated('taprio', 'etf'),
      'STOPS_QDISC',
      'nic1 has taprio, which on many kernels sends nothing any more once a clsact qdisc has come to its interface',
      'tc qdisc add dev nic1 clsact, and the same taprio again by tc qdisc replace; or --hook tcx, which needs kernel 6.6',
    ],
    [
      'the same, where a pod moves all to filters',
      attachPod('podB', POLICY, { via: 'clsact' }),
      { ...TWO_UPLINKS, interfaces: gated('taprio').interfaces },
      'STOPS_QDISC',
      'nic1 has taprio, which on many kernels sends nothing any more once a clsact qdisc has come to its interface',
      'tc qdisc add dev nic1 clsact, and the same taprio again by tc qdisc replace; or --hook tcx, which needs kernel 6.6',
    ],
    [
      'an uplink less, which would drop what a pod sends there',
      detachUplink('nic1'),
      TWO_UPLINKS,
      'UNRESTORED',
      'nic1 has fq: without a restorer, what podA sends there would be dropped',
      'tsnctl detach pod podA first; or another qdisc: tc qdisc replace dev nic1 root pfifo',
    ],
    [
      'the last uplink',
      detachUplink('nic0'),
      BUSY,
      'PODS_ATTACHED',
      'nic0 is the last uplink, and pods are still attached: podA',
      'tsnctl detach pod podA first; or everything at once: tsnctl detach all',
    ],
  ])('%s', (_, intent, observed, code, message, hint) => {
    const refusal = refused(() => intent(observed));
    expect({ code: refusal.code, message: refusal.message, hint: refusal.hint }).toEqual({
      code,
      message,
      hint,
    });
  });
});

function refused(action: () => unknown): TsnctlError {
  try {
    action();
  } catch (error) {
    if (error instanceof TsnctlError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
