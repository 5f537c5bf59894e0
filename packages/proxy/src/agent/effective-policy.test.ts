import { expect, it } from 'vitest';
import type { AttachmentRecord } from '../cni/record.ts';
import type { Policy } from '../policy.ts';
import { effectiveRecord } from './effective-policy.ts';

const nothing: Policy = { allow: [], remap: {}, horizonNs: 0n };
const record = (policy: Policy): AttachmentRecord => ({
  containerId: 'c0ffee',
  ifname: 'eth0',
  network: 'pods',
  netns: '/run/netns/x',
  pod: { namespace: 'plant', name: 'camera-1', uid: '' },
  carried: { by: 'programs', mode: 'host', kind: 'veth', ifindex: 7, name: 'veth7', address: '', peer: 2 },
  policy,
  withheld: [],
});
const says = (policy: Policy) => ({ policy, by: 'policy cameras of the configuration' });
const asked: Policy = { allow: [3, 5, 6], remap: { 7: 6 }, horizonNs: 10n };

it('is what the plugin recorded where nobody else has a say', () => {
  expect(effectiveRecord(record(asked), undefined)).toEqual(record(asked));
});

it('is what the policy says where the pod asks for nothing', () => {
  expect(effectiveRecord(record(nothing), says(asked)).policy).toEqual(asked);
});

it('is what both agree on where both have a say, and what is left out is told', () => {
  const { policy, withheld } = effectiveRecord(
    record(asked),
    says({ allow: [3, 6], remap: { 5: 3, 7: 6 }, horizonNs: 20n }),
  );
  expect(policy).toEqual({ allow: [3, 6], remap: { 7: 6 }, horizonNs: 10n });
  expect(withheld).toEqual([
    'what policy cameras of the configuration does not grant: priorities 3,5-6, 7 as 6, launch time up to 10ns ahead was asked for',
  ]);
});

it('says nothing where the policy grants all that is asked for', () => {
  expect(effectiveRecord(record(asked), says(asked)).withheld).toEqual([]);
});
