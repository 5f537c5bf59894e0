import { qdiscFacts, type Route } from '@tsnctl/netlink';
import type { Interface, Observed } from '../model.ts';

export interface FoundUplink {
  readonly name: string;
  readonly why: string;
}

/**
 * The interfaces by which packets leave a node: devices of default routes, hardware, and whatever has a qdisc that
 * tells priorities or launch times apart. One that hands its packets on to another device of the node is none,
 * unless it is of a kind whose packets keep their word: what it took out, that other device could not restore.
 */
export function findUplinks(
  { interfaces }: Pick<Observed, 'interfaces'>,
  routes: readonly Route[],
): FoundUplink[] {
  const byDefault = new Set(
    routes
      .filter(({ destination, type }) => EVERYWHERE.has(destination) && type === RTN_UNICAST)
      .map(({ index }) => index),
  );
  return interfaces.flatMap((link) => {
    const why = whyUplink(link, byDefault.has(link.ifindex));
    return why === undefined ? [] : [{ name: link.name, why }];
  });
}

const EVERYWHERE = new Set(['default', '0.0.0.0/0', '::/0']);
const RTN_UNICAST = 1; // linux/rtnetlink.h
const LOOPBACK = 1; // its index in every namespace

/** Kinds whose packets keep the word for the device below, or that leave the node: the NIC of a nested node. */
const LEAVES = new Set(['vlan', 'bond', 'team', 'veth', 'netkit']);

function whyUplink(
  { ifindex, kind, podSide, qdiscs }: Interface,
  hasDefaultRoute: boolean,
): string | undefined {
  if (ifindex === LOOPBACK) return undefined;
  const leaves = kind === undefined || LEAVES.has(kind);
  if (hasDefaultRoute && leaves) return 'it has a default route';
  if (podSide) return undefined; // bandwidth limits of a pod are qdiscs, too
  if (kind === undefined) return 'it is hardware';
  const telling = qdiscs.find((qdisc) => qdiscFacts(qdisc).timeAware || qdiscFacts(qdisc).multiClass);
  return leaves && telling !== undefined ? `it has ${telling}` : undefined;
}
