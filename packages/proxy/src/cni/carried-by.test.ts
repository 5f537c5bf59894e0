import type { Link } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import { link } from '../../test/healthy-node.ts';
import { carriedBy } from './carried-by.ts';

/** As `ip -d link` shows them; a virtual function has its PCI device, of which sysfs has `physfn`, and no kind. */
const interfaces: [string, Partial<Link>, ReturnType<typeof carriedBy>][] = [
  ['veth', { kind: 'veth', link: 7, linkNetnsid: 0 }, 'programs'],
  ['netkit', { kind: 'netkit', link: 7, linkNetnsid: 0 }, 'programs'],
  ['macvlan', { kind: 'macvlan', link: 2, linkNetnsid: 0 }, 'itself'],
  ['macvtap', { kind: 'macvtap', link: 2, linkNetnsid: 0 }, 'itself'],
  ['a VLAN of the NIC', { kind: 'vlan', link: 2, linkNetnsid: 0 }, 'itself'],
  ['ipvlan in mode l2', { kind: 'ipvlan', data: { mode: 'l2' } }, 'itself'],
  ['ipvlan in mode l3', { kind: 'ipvlan', data: { mode: 'l3' } }, 'nothing'],
  ['ipvlan in mode l3s', { kind: 'ipvlan', data: { mode: 'l3s' } }, 'nothing'],
  ['a NIC', { parentDevBusName: 'pci', parentDevName: '0000:01:00.0' }, 'itself'],
  ['a virtual function', { parentDevBusName: 'pci', parentDevName: '0000:01:10.2' }, 'itself'],
  ['a NIC without a bus', {}, 'itself'],
  ['dummy', { kind: 'dummy' }, 'nothing'],
  ['vxlan', { kind: 'vxlan' }, 'nothing'],
  ['tun', { kind: 'tun' }, 'nothing'],
  ['a kind that nobody knows', { kind: 'new' }, 'nothing'],
];

it.each(interfaces)('%s', (_, more, by) => {
  expect(carriedBy(link(3, 'eth0', more))).toBe(by);
});
