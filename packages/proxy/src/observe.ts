import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { listLinks, listQdiscs } from '@tsnctl/netlink';
import { abilities } from './abilities.ts';
import { attachers } from './attachers.ts';
import { interfacesOf } from './interfaces-of.ts';
import type { Interface, Observed, ObservedUplink, UplinkClock } from './model.ts';
import { type Pins, TABLES } from './pins.ts';
import { Tables, type UplinkRow } from './tables.ts';

/** How a clock is spelt in the tables, enum uplink_clock in bpf/tables.h. */
export const clockRow: Record<UplinkClock, UplinkRow['clock']> = {
  none: 'UPLINK_NONE',
  mono: 'UPLINK_MONOTONIC',
  tai: 'UPLINK_TAI',
};

/** Look at a namespace: its interfaces, and what of ours stands there. */
export function observe(netns: NetNs, pins: Pins): Observed {
  const interfaces = observeInterfaces(netns);
  const found = Object.values(attachers(netns, pins)).map((attacher) => attacher.observe(interfaces));
  using open = new Tables(pins);
  const pinned = Tables.pinned(pins);
  for (const table of pinned) open.map(table); // refuses what is not ours before anything is changed
  const tables = pinned.length === TABLES.length;
  const remains = tables ? [] : pinned.map((table) => pins.table(table));
  return {
    abilities: abilities(),
    interfaces,
    tables,
    attachments: found.flatMap(({ attachments }) => attachments),
    pods: tables ? open.pods() : [],
    uplinks: tables ? open.uplinks().map(observedUplink) : [],
    stale: [...found.flatMap(({ stale }) => stale), ...remains],
    loose: found.flatMap(({ loose }) => loose),
  };
}

function observeInterfaces(netns: NetNs): Interface[] {
  using socket = NetlinkSocket.open({ netns });
  return interfacesOf(socket.request(listLinks()), socket.request(listQdiscs({})));
}

export function observedUplink(row: UplinkRow): ObservedUplink {
  const clock = (Object.keys(clockRow) as UplinkClock[]).find((name) => clockRow[name] === row.clock);
  return { ifindex: row.ifindex, clock: clock ?? 'none', stacked: row.stacked !== 0 };
}
