import type { Route } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import type { Interface } from '../model.ts';
import { findUplinks } from './find-uplinks.ts';

const link = (name: string, kind?: string, over: Partial<Interface> = {}): Interface => ({
  ifindex: 10,
  name,
  kind,
  podSide: false,
  qdiscs: [],
  ...over,
});
const to = (index: number, destination = 'default', type = 1): Route => ({
  family: 4,
  destination,
  index,
  table: 254,
  type,
  protocol: 3,
  scope: 0,
  flags: 0,
});

it.each<[string, Interface, Route[], string | undefined]>([
  ['hardware', link('eth0'), [], 'it is hardware'],
  ['hardware with a default route', link('eth0'), [to(10)], 'it has a default route'],
  ['the same for IPv6', link('eth0'), [to(10, '::/0')], 'it has a default route'],
  ['the NIC of a nested node', link('eth0', 'veth', { podSide: true }), [to(10)], 'it has a default route'],
  ['a VLAN with a default route', link('eth0.5', 'vlan'), [to(10)], 'it has a default route'],
  ['a bond that tells classes apart', link('bond0', 'bond', { qdiscs: ['mqprio'] }), [], 'it has mqprio'],
  ['a veth with etf', link('v0', 'veth', { qdiscs: ['mqprio', 'etf'] }), [], 'it has mqprio'],
  ['loopback', link('lo', undefined, { ifindex: 1 }), [], undefined],
  ['a pod', link('veth1', 'veth', { podSide: true }), [], undefined],
  [
    'a pod with a limit on its bandwidth',
    link('veth1', 'veth', { podSide: true, qdiscs: ['htb'] }),
    [],
    undefined,
  ],
  ['a bridge, which hands its packets on', link('br0', 'bridge'), [to(10)], undefined],
  ['a tunnel, which does so too', link('wg0', 'wireguard', { qdiscs: ['prio'] }), [to(10)], undefined],
  ['a route to somewhere', link('eth0.5', 'vlan'), [to(10, '10.0.0.0/8')], undefined],
  ['a default that is a blackhole', link('eth0.5', 'vlan'), [to(10, 'default', 6)], undefined],
])('%s', (_, found, routes, why) => {
  expect(findUplinks({ interfaces: [found] }, routes)).toEqual(
    why === undefined ? [] : [{ name: found.name, why }],
  );
});
