import { describe, expect, it } from 'vitest';
import type { Attachment, Desired, Interface, Observed } from './model.ts';
import { remaining } from './remaining.ts';

const POLICY = { allow: [3], remap: {}, horizonNs: 0n };
const NOTHING = { allow: [], remap: {}, horizonNs: 0n };
const nic: Interface = { ifindex: 2, name: 'nic0', kind: undefined, podSide: false, qdiscs: [] };
const pod = (at: number): Interface => ({
  ifindex: 10 + at,
  name: `veth${at}`,
  kind: 'veth',
  podSide: true,
  qdiscs: [],
});
const on = (ifindex: number, role: Attachment['role']): Attachment => ({
  ifindex,
  role,
  via: 'tcx',
  first: true,
});
const desired: Desired = {
  via: 'tcx',
  uplinks: [{ name: 'nic0', clock: 'none', stacked: false }],
  pods: [{ name: 'veth0', policy: POLICY, mode: 'host' }],
};
const before = node([nic, pod(0), pod(1)], []);
const done = [on(2, 'restorer'), on(10, 'saver'), on(11, 'strip')];
const rows = [
  { ifindex: 10, policy: POLICY },
  { ifindex: 11, policy: NOTHING },
];

function node(interfaces: Interface[], attachments: Attachment[], pods: Observed['pods'] = []): Observed {
  return {
    abilities: { kernel: '6.12.0', tcx: true, hostMode: true },
    interfaces,
    tables: true,
    attachments,
    pods,
    uplinks: [{ ifindex: 2, clock: 'none', stacked: false }],
    stale: [],
  };
}

describe('what a change has left to do', () => {
  it('is nothing when all is done', () => {
    expect(remaining(before, node([nic, pod(0), pod(1)], done, rows), desired)).toEqual([]);
  });

  it('is what is not done', () => {
    const after = node([nic, pod(0), pod(1)], [on(2, 'restorer'), on(11, 'strip')], rows);
    expect(remaining(before, after, desired).map(({ do: kind }) => kind)).toEqual(['attach', 'switch']);
  });

  it('is not what a pod needs that came meanwhile', () => {
    expect(remaining(before, node([nic, pod(0), pod(1), pod(2)], done, rows), desired)).toEqual([]);
  });

  it('is not what a pod has left that went meanwhile', () => {
    const after = { ...node([nic, pod(1)], [on(2, 'restorer'), on(11, 'strip')], rows), stale: ['links/x'] };
    expect(remaining(before, after, desired)).toEqual([]);
  });

  it('is what was stale before and still is, and rows of interfaces that nobody knows', () => {
    const after = {
      ...node([nic, pod(0), pod(1)], done, [...rows, { ifindex: 99, policy: POLICY }]),
      stale: ['x'],
    };
    expect(remaining({ ...before, stale: ['x'] }, after, desired).map(({ do: kind }) => kind)).toEqual([
      'remove-stale-pin',
      'set-pod',
    ]);
  });
});
