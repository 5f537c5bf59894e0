import { isErrno, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { getLink } from '@tsnctl/netlink';
import { observedInterface } from './interfaces-of.ts';
import type { Interface, Observed } from './model.ts';
import { observedUplink } from './observe.ts';
import type { Pins } from './pins.ts';
import type { Tables } from './tables.ts';
import { tcx } from './tcx.ts';

/** What a look at a few interfaces goes by. */
export interface Known {
  /** All, as it was seen last. */
  readonly observed: Observed;
  /** Open, and pinned still. */
  readonly tables: Tables;
  /** The look before, if the uplinks need no other: nothing was done to them since. */
  readonly before?: Observed;
}

/**
 * Look at these pods' interfaces and at the uplinks alone, so that it costs the same however many pods a node has.
 * What belongs to no pod is as it was seen last. Undefined where that is not enough to go by: no uplink or not all
 * of them in order, or filters besides links.
 *
 * Whoever asks for a link or a hook waits for all who change one, anywhere on the machine (RTNL): so it asks for
 * each thing once, and knows of an uplink by its program's link, which goes with it.
 */
export function observeSome(
  netns: NetNs,
  pins: Pins,
  pods: ReadonlySet<number>,
  { observed, tables, before }: Known,
): Observed | undefined {
  const rows = tables.uplinks();
  const uplinks = new Set(rows.map(({ ifindex }) => ifindex));
  const former = observed.interfaces.filter(
    ({ ifindex, podSide }) => (!podSide || uplinks.has(ifindex)) && !pods.has(ifindex),
  );
  const inOrder = former.filter(({ ifindex }) => uplinks.has(ifindex)).length === rows.length;
  if (rows.length === 0 || !inOrder || observed.attachments.some(({ via }) => via !== 'tcx'))
    return undefined;
  const interfaces = [...links(netns, [...pods]), ...former];
  const asked = before ? pods : new Set([...uplinks, ...pods]);
  const found = tcx(netns, pins).observe(interfaces, asked);
  const ofUplinks = before?.attachments.filter(({ ifindex }) => uplinks.has(ifindex)) ?? [];
  const attachments = [...ofUplinks, ...found.attachments];
  const restored = new Set(
    attachments.filter(({ role }) => role === 'restorer').map(({ ifindex }) => ifindex),
  );
  if (restored.size !== uplinks.size) return undefined;
  return {
    abilities: observed.abilities,
    interfaces,
    tables: true,
    attachments,
    pods: [...pods].flatMap((ifindex) => tables.pod(ifindex) ?? []),
    uplinks: rows.map(observedUplink),
    stale: found.stale,
  };
}

/** Of all that was seen, what `observeSome` sees. Pure. */
export function onlyThese({ loose: _, ...observed }: Observed, pods: ReadonlySet<number>): Observed {
  const uplinks = new Set(observed.uplinks.map(({ ifindex }) => ifindex));
  const seen = ({ ifindex }: { ifindex: number }) => pods.has(ifindex) || uplinks.has(ifindex);
  return {
    ...observed,
    interfaces: observed.interfaces.filter((link) => seen(link) || !link.podSide),
    attachments: observed.attachments.filter(seen),
    pods: observed.pods.filter(({ ifindex }) => pods.has(ifindex)),
  };
}

function links(netns: NetNs, ifindexes: readonly number[]): Interface[] {
  using socket = NetlinkSocket.open({ netns });
  return ifindexes.flatMap((index) => {
    try {
      return socket.request(getLink({ index })).map((link) => observedInterface(link, []));
    } catch (error) {
      if (isErrno(error, 'ENODEV')) return [];
      throw error;
    }
  });
}
