import { TsnctlError } from '@tsnctl/codec';
import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Link, listLinks, listQdiscs } from '@tsnctl/netlink';
import { BpfLink, BpfProgram, queryTcx } from 'libbpf-ts';
import type { Attachment, Interface, Observed, ObservedUplink, Role, UplinkClock } from './model.ts';
import { ROLES } from './objects.ts';
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
  using socket = NetlinkSocket.open({ netns });
  const interfaces = observeInterfaces(socket);
  const found = pins.links().map((path) => ({ path, ...observeLink(path, netns) }));
  using open = new Tables(pins);
  const pinned = Tables.pinned(pins);
  for (const table of pinned) open.map(table); // refuses what is not ours before anything is changed
  const tables = pinned.length === TABLES.length;
  const remains = tables ? [] : pinned.map((table) => pins.table(table));
  return {
    interfaces,
    tables,
    attachments: found.flatMap(({ attachment }) => attachment ?? []),
    pods: tables ? open.pods() : [],
    uplinks: tables ? open.uplinks().map(observedUplink) : [],
    stale: [...found.filter(({ attachment }) => !attachment).map(({ path }) => path), ...remains],
  };
}

function observeInterfaces(socket: NetlinkSocket): Interface[] {
  const qdiscs = socket.request(listQdiscs({}));
  return socket.request(listLinks()).map((link) => ({
    ifindex: link.index,
    name: link.name,
    kind: link.kind,
    podSide: isPodSide(link),
    qdiscs: qdiscs.filter(({ index }) => index === link.index).map(({ kind }) => kind),
  }));
}

const PAIRED = new Set(['veth', 'netkit']);

/** The peer of a pod's host side lies in another namespace. */
function isPodSide(link: Link): boolean {
  return PAIRED.has(link.kind ?? '') && link.linkNetnsid !== undefined;
}

/** What a pinned link attaches, or nothing where its interface has gone. */
function observeLink(path: string, netns: NetNs): { attachment?: Attachment } {
  using link = BpfLink.pinned(path);
  const { id, ifindex, direction, programId } = link.info();
  if (ifindex === 0) return {};
  using program = BpfProgram.fromId(programId);
  const { name } = program.info();
  const role = ROLES.find((candidate: Role) => candidate === name);
  if (!role) {
    throw new TsnctlError('FOREIGN_PIN', `${path} is a link to the program ${name}, not one of ours`, {
      hint: `bpftool link show pinned ${path}; if it is not needed: rm ${path}`,
    });
  }
  const order = queryTcx({ ifindex, direction, netns });
  return { attachment: { ifindex, role, first: order[0]?.linkId === id } };
}

function observedUplink(row: UplinkRow): ObservedUplink {
  const clock = (Object.keys(clockRow) as UplinkClock[]).find((name) => clockRow[name] === row.clock);
  return { ifindex: row.ifindex, clock: clock ?? 'none', stacked: row.stacked !== 0 };
}
