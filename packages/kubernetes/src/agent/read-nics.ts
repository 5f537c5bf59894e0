import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Link, listLinks } from '@tsnctl/netlink';
import type { NicFacts } from './claims.ts';

const LOOPBACK = 1; // its index in every namespace

/** The interfaces of a node by which packets can leave it: hardware, and what is stacked on it. */
export function readNics(netns: NetNs): NicFacts[] {
  using socket = NetlinkSocket.open({ netns });
  return socket
    .request(listLinks())
    .filter(({ index }) => index !== LOOPBACK)
    .map((link) => {
      const { name, address, parentDevName: device } = link;
      const driver = driverOf(link);
      return {
        name,
        ...(address !== undefined && { address }),
        ...(device !== undefined && { device }),
        ...(driver !== undefined && { driver }),
      };
    });
}

/** By its bus: what sysfs has of interfaces is of one namespace alone. */
function driverOf({ parentDevName, parentDevBusName, kind }: Link): string | undefined {
  if (parentDevName === undefined || parentDevBusName === undefined) return kind;
  try {
    return basename(readlinkSync(`/sys/bus/${parentDevBusName}/devices/${parentDevName}/driver`));
  } catch {
    return undefined;
  }
}
