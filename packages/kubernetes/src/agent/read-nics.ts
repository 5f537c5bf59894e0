import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { listLinks } from '@tsnctl/netlink';
import { driverOf } from '@tsnctl/proxy';
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
      const driver = driverOf(link) ?? link.kind;
      return {
        name,
        ...(address !== undefined && { address }),
        ...(device !== undefined && { device }),
        ...(driver !== undefined && { driver }),
      };
    });
}
