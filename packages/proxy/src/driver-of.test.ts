import { globSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Link } from '@tsnctl/netlink';
import { expect, it } from 'vitest';
import { link } from '../test/healthy-node.ts';
import { driverOf } from './driver-of.ts';

const nic = (bus: string, device: string): Link =>
  link(2, 'eth1', { parentDevBusName: bus, parentDevName: device });

it('names the driver of each device that has one', () => {
  const drivers = globSync('/sys/bus/*/devices/*/driver');
  for (const path of drivers) {
    const [bus = '', , device = ''] = path.split('/').slice(3);
    expect(driverOf(nic(bus, device)), path).toBe(basename(readlinkSync(path)));
  }
});

it('knows none of an interface without a device, and of a device that is not there', () => {
  expect(driverOf(link(2, 'br0', { kind: 'bridge' }))).toBeUndefined();
  expect(driverOf(nic('pci', '0000:ff:1f.7'))).toBeUndefined();
});
