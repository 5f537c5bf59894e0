import { expect, it } from 'vitest';
import { nic } from '../../test/cluster.ts';
import { tsnInterface } from '../crd/tsn-interface.ts';
import { claims } from './claims.ts';

const nics = [
  { name: 'eth0', driver: 'igb', device: '0000:01:00.0', address: '02:00:00:00:00:01' },
  { name: 'eth1', driver: 'igc', device: '0000:02:00.0', address: '02:00:00:00:00:02' },
  { name: 'eth2', driver: 'igc', device: '0000:03:00.0', address: '02:00:00:00:00:03' },
];
const of = (...all: object[]) =>
  claims(
    all.map((one) => tsnInterface.parse(one)),
    nics,
    { role: 'line' },
  ).map(({ by, nic: name, finding: { reason, message } }) => [by.metadata.name, name, reason, message]);

it('one interface, by what is given of it', () => {
  expect(of(nic('by-name', { match: { name: 'eth1' } }))).toEqual([
    ['by-name', 'eth1', 'OneInterface', 'it means one interface'],
  ]);
  expect(of(nic('by-all', { match: { driver: 'igc', device: '0000:03:*' } }))).toEqual([
    ['by-all', 'eth2', 'OneInterface', 'it means one interface'],
  ]);
  expect(of(nic('by-address', { match: { address: '02:00:00:00:00:01' } }))).toEqual([
    ['by-address', 'eth0', 'OneInterface', 'it means one interface'],
  ]);
});

it('not those of other nodes', () => {
  expect(of(nic('other', { nodeSelector: { matchLabels: { role: 'office' } } }))).toEqual([]);
});

it('none, two, and one that two claim: nothing is changed, and it is said why', () => {
  expect(of(nic('none', { match: { name: 'ens*' } }))).toEqual([
    ['none', undefined, 'NoInterface', 'no interface of this node is name ens*; there are eth0, eth1, eth2'],
  ]);
  expect(of(nic('two', { match: { driver: 'igc' } }))).toEqual([
    [
      'two',
      undefined,
      'SeveralInterfaces',
      '2 interfaces of this node are driver igc: eth1, eth2; one has to be named',
    ],
  ]);
  expect(of(nic('b', { match: { name: 'eth1' } }), nic('a', { match: { device: '0000:02:00.0' } }))).toEqual([
    ['a', undefined, 'Claimed', 'eth1 is claimed by b, too: it keeps what it has until one of them goes'],
    ['b', undefined, 'Claimed', 'eth1 is claimed by a, too: it keeps what it has until one of them goes'],
  ]);
});
