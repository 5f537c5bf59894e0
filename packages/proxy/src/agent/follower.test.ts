import type { Link } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import type { AttachmentRecord } from '../cni/record.ts';
import { parseConfig } from '../config/read-config.ts';
import type { Change } from '../intent.ts';
import type { Desired, Observed } from '../model.ts';
import { ConfigPolicies } from './config-policies.ts';
import { Follower } from './follower.ts';
import type { PodIdentifier } from './identify-pods.ts';
import { PodTable } from './pod-table.ts';

const veth = { index: 7, name: 'veth7', kind: 'veth', linkNetnsid: 1 } as Link;
const record: AttachmentRecord = {
  containerId: 'c0ffee',
  ifname: 'eth0',
  network: 'pods',
  netns: '/run/netns/x',
  pod: { namespace: 'plant', name: 'camera', uid: '' },
  carried: { by: 'programs', mode: 'host', kind: 'veth', ifindex: 7, name: 'veth7', address: '', peer: 2 },
  policy: { allow: [3], remap: {}, horizonNs: 0n },
  withheld: [],
};
const { policies } = parseConfig('policies: [{match: {interface: "veth*"}, allow: "3,5"}]', 'config.yaml');
const observed = {
  interfaces: [{ ifindex: 7, name: 'veth7', kind: 'veth', podSide: true, qdiscs: [] }],
  abilities: { kernel: '6.12.0', tcx: true, hostMode: true },
} as unknown as Observed;

/** What a node comes to on which this interface is heard of, and which has this record. */
async function seen(records: readonly AttachmentRecord[], pods: Desired['pods']): Promise<Desired['pods']> {
  let desired: Desired = { pods, uplinks: [{ name: 'nic0', clock: 'mono', stacked: false }], via: 'tcx' };
  using follower = new Follower({
    pods: new PodTable({ identify: () => new Map() } as unknown as PodIdentifier),
    source: new ConfigPolicies(policies),
    records: { list: () => [...records] },
    changes: {
      attempt: async (_: string, change: Change) => {
        desired = change(observed, desired);
        return true;
      },
      mustWait: () => false,
      prepare: async () => {},
      uplinks: ['nic0'],
    },
    mode: () => 'host',
    log: () => {},
  });
  await follower.seen([veth]);
  return desired.pods;
}

it('gives a pod that has come the policy of the configuration', async () => {
  const [pod] = await seen([], []);
  expect(pod).toMatchObject({ name: 'veth7', policy: { allow: [3, 5] } });
});

it('leaves a pod alone that the plugin was first to know of: what both agree on holds', async () => {
  const both = [{ name: 'veth7', policy: record.policy, mode: 'host' as const }];
  expect(await seen([record], both)).toEqual(both);
});
