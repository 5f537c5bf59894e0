import { describe, expect, it } from 'vitest';
import { addUplink, type Change, combine, present } from '../intent.ts';
import type { Attachment, Observed } from '../model.ts';
import { planProxy } from '../plan.ts';
import { differences } from './differences.ts';
import { isSameSide } from './locate.ts';
import { carryFor, stopCarrying } from './pod-changes.ts';
import type { AttachmentRecord, HostSide } from './record.ts';

const POLICY = { allow: [3], remap: {}, horizonNs: 0n };
const NOTHING = { allow: [], remap: {}, horizonNs: 0n };
const veth = (at: number) => ({ ifindex: 10 + at, name: `veth${at}` });
const options = { mode: 'host' } as const;

function node(over: Partial<Observed> = {}): Observed {
  return {
    abilities: { kernel: '6.12.0', tcx: true, hostMode: true },
    interfaces: [
      { ifindex: 2, name: 'nic0', kind: undefined, podSide: false, qdiscs: ['mq'] },
      ...[0, 1, 2].map((at) => ({ ...veth(at), kind: 'veth', podSide: true, qdiscs: [] })),
    ],
    tables: true,
    attachments: [{ ifindex: 2, role: 'restorer', via: 'tcx', first: true }],
    pods: [],
    uplinks: [{ ifindex: 2, clock: 'none', stacked: false }],
    stale: [],
    ...over,
  };
}

const on = (at: number, role: Attachment['role'], first = true): Attachment => ({
  ifindex: 10 + at,
  role,
  via: 'tcx',
  first,
});

describe('changes of pods, combined', () => {
  it('are one plan: each pod is stripped, those with a policy are carried for', () => {
    const steps = planProxy(
      node(),
      combine([carryFor(veth(0), POLICY, options), carryFor(veth(1), NOTHING, options)])(node()),
    );
    const told = steps.map((step) => `${step.do} ${'name' in step ? step.name : ''}`);
    expect(told).toEqual([
      ...['set-pod veth0', 'attach veth0', 'set-pod veth1', 'attach veth1', 'set-pod veth2', 'attach veth2'],
      'switch veth0',
    ]);
  });

  it('take the path of a pod along to where its own end is attached, and nowhere else', () => {
    const change = carryFor(veth(0), POLICY, { mode: 'pod', netns: '/run/netns/pod0' });
    const attached = planProxy(node(), combine([change])(node())).filter((step) => step.do === 'attach');
    expect(attached.filter((step) => step.netns !== undefined)).toEqual([
      { do: 'attach', role: 'pod_saver', via: 'tcx', ...veth(0), netns: '/run/netns/pod0' },
    ]);
  });

  it('leave out those that refuse, where somebody hears of it', () => {
    const refused: [Change, string][] = [];
    const gone = carryFor({ ifindex: 99, name: 'veth9' }, POLICY, options);
    const another = carryFor({ ifindex: 11, name: 'veth0' }, POLICY, options);
    const changes = [gone, carryFor(veth(0), POLICY, options), another, addUplink('eth9')];
    const desired = combine(changes, (change, error) => refused.push([change, (error as Error).message]))(
      node(),
    );
    expect(desired.pods).toEqual([{ name: 'veth0', policy: POLICY, mode: 'host' }]);
    expect(refused).toEqual([
      [gone, 'veth9 has gone meanwhile'],
      [another, 'veth0 has gone meanwhile'],
      [changes[3], 'there is no interface eth9 in this namespace'],
    ]);
    expect(() => combine(changes)(node())).toThrow('veth9 has gone meanwhile');
  });

  it('come in their order: what is attached and detached again is not there', () => {
    const desired = combine([carryFor(veth(0), POLICY, options), stopCarrying(veth(0))])(node());
    expect(desired).toEqual(present(node()));
  });

  it('see uplinks that come with them', () => {
    const bare = node({ uplinks: [], attachments: [], tables: false });
    expect(() => combine([carryFor(veth(0), POLICY, options)])(bare)).toThrow(/no uplink is attached here/);
    expect(combine([addUplink('nic0'), carryFor(veth(0), POLICY, options)])(bare).pods).toHaveLength(1);
  });

  it('leave an interface alone that got the index of one that is gone', () => {
    const observed = node({
      attachments: [...node().attachments, on(0, 'saver')],
      pods: [{ ifindex: 10, policy: POLICY }],
    });
    expect(combine([stopCarrying({ ifindex: 10, name: 'vethX' })])(observed).pods).toHaveLength(1);
    expect(combine([stopCarrying(veth(0))])(observed).pods).toEqual([]);
  });
});

describe('the host side of a record', () => {
  const side: HostSide = { kind: 'veth', ifindex: 10, name: 'veth0', address: 'ee:ee:ee:ee:ee:ee', peer: 2 };
  it.each([
    [{}, true],
    [{ name: 'veth1' }, false],
    [{ address: '0a:00:00:00:00:01' }, false],
    [{ peer: 3 }, false],
    [{ kind: 'dummy' }, false],
  ])('is the same only in all that tells it from another: %o', (over, same) => {
    expect(isSameSide({ ...side, ...over }, side)).toBe(same);
  });
});

describe('differences from a record', () => {
  const record = (policy: AttachmentRecord['policy'], mode: 'host' | 'pod' = 'host'): AttachmentRecord => ({
    containerId: 'a',
    ifname: 'eth0',
    network: 'pods',
    netns: '/x',
    pod: { namespace: '', name: '', uid: '' },
    carried: { by: 'programs', mode, kind: 'veth', address: '', peer: 2, ...veth(0) },
    policy,
    withheld: [],
  });
  const uplink = node().attachments;
  const pods = [{ ifindex: 10, policy: POLICY }];

  it.each<[string, Partial<Observed>, AttachmentRecord, string[]]>([
    ['none', { attachments: [...uplink, on(0, 'saver')], pods }, record(POLICY), []],
    ['none of a stripped pod', { attachments: [...uplink, on(0, 'strip')] }, record(NOTHING), []],
    ['none where nothing restores', { attachments: [], uplinks: [] }, record(NOTHING), []],
    [
      'none in pod mode',
      { attachments: [on(0, 'gate'), on(0, 'pod_saver')], pods },
      record(POLICY, 'pod'),
      [],
    ],
    [
      'the program is gone',
      { attachments: uplink, pods },
      record(POLICY),
      ['saver is not attached to veth0'],
    ],
    [
      'pod_saver is gone',
      { attachments: [on(0, 'gate')], pods },
      record(POLICY, 'pod'),
      ['pod_saver is not attached to veth0'],
    ],
    [
      'another program',
      { attachments: [on(0, 'strip')], pods },
      record(POLICY),
      ['veth0 has strip in the place of saver'],
    ],
    [
      'not the first',
      { attachments: [on(0, 'saver', false)], pods },
      record(POLICY),
      ['saver is not the first program on veth0'],
    ],
    [
      'another policy',
      { attachments: [on(0, 'saver')], pods: [{ ifindex: 10, policy: { ...POLICY, allow: [5] } }] },
      record(POLICY),
      ['the policy of veth0 is: priority 5; recorded is: priority 3'],
    ],
    [
      'no policy',
      { attachments: [on(0, 'saver')], pods: [] },
      record(POLICY),
      ['the policy of veth0 is: none; recorded is: priority 3'],
    ],
    ['gone', { interfaces: [] }, record(POLICY), ['veth0 is gone']],
  ])('%s', (_, over, recorded, expected) => {
    expect(differences(node(over), recorded)).toEqual(expected);
  });

  it('concern nothing that needs no program', () => {
    expect(differences(node(), { ...record(NOTHING), carried: { by: 'itself', kind: 'macvlan' } })).toEqual(
      [],
    );
  });
});
