import { compact } from '../compact.ts';
import type { FieldNames } from '../field-names.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from '../message.ts';
import { change, type NetlinkRequest, query } from '../request.ts';
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from '../rtm.ts';
import { noIfInfo } from './attributes.ts';
import { dev } from './dev.ts';
import type { CommonLinkSpec } from './kind.ts';
import { type LinkSpec, linkKinds } from './kinds.ts';
import { IFF_UP, type Link, linkOf } from './link.ts';
import { linkMessage } from './message.ts';
import type { VlanOptions } from './vlan.ts';

const RTEXT_FILTER_SKIP_STATS = 8; // linux/rtnetlink.h

/** All links of the namespace, without their counters. Equivalent to: ip link show */
export function listLinks(): NetlinkRequest<Link> {
  return query(
    'ip link show',
    RTM_GETLINK,
    linkMessage,
    { ...noIfInfo, attrs: { extMask: RTEXT_FILTER_SKIP_STATS } },
    linkOf,
    {
      dump: true,
    },
  );
}

/** One link; ENODEV if there is none. Equivalent to: ip link show dev NAME */
export function getLink(which: { readonly name: string } | { readonly index: number }): NetlinkRequest<Link> {
  const { index, ifname } =
    'name' in which ? { index: 0, ifname: which.name } : { ...which, ifname: undefined };
  const body = { ...noIfInfo, index, attrs: { ifname, extMask: 0 } };
  return query(`ip link show dev ${ifname ?? dev(index)}`, RTM_GETLINK, linkMessage, body, linkOf, {
    dump: false,
  });
}

/** Make a link; EEXIST if its name is taken. Equivalent to: ip link add NAME type KIND ... */
export function addLink(spec: LinkSpec): NetlinkRequest<void> {
  const row = linkKinds.get(spec.kind);
  const { name, kind, netnsFd, mtu, address, numTxQueues, numRxQueues, link } = spec;
  const words = common({ mtu, address, numTxQueues, numRxQueues, netnsFd, link });
  const up = spec.up ? ['up'] : [];
  const own = row?.words(spec) ?? [];
  return change(
    ['ip link add', name, ...up, ...words, 'type', kind, ...own].join(' '),
    RTM_NEWLINK,
    NLM_F_CREATE | NLM_F_EXCL,
    linkMessage,
    {
      ...noIfInfo,
      ...upFlags(spec.up || undefined),
      attrs: {
        mtu,
        address,
        numTxQueues,
        numRxQueues,
        netnsFd,
        link,
        ifname: name,
        info: compact({ kind, data: row?.encode(spec) }),
      },
    },
    fieldNames(kind),
  );
}

/** A change to a link. `master: 0` takes it out of its bridge; `netnsFd` moves it to another namespace. */
export interface LinkChange {
  readonly index: number;
  readonly up?: boolean;
  readonly master?: number;
  readonly netnsFd?: number;
  readonly name?: string;
  readonly mtu?: number;
  readonly address?: string;
}

/** Change a link. Equivalent to: ip link set dev NAME ... */
export function setLink({
  index,
  up,
  master,
  netnsFd,
  name,
  mtu,
  address,
}: LinkChange): NetlinkRequest<void> {
  const state = up === undefined ? [] : [up ? 'up' : 'down'];
  const port = master === undefined ? [] : master === 0 ? ['nomaster'] : ['master', dev(master)];
  const rename = name === undefined ? [] : ['name', name];
  return change(
    ['ip link set dev', dev(index), ...state, ...port, ...rename, ...common({ mtu, address, netnsFd })].join(
      ' ',
    ),
    RTM_NEWLINK,
    0,
    linkMessage,
    { ...noIfInfo, index, ...upFlags(up), attrs: { mtu, address, master, netnsFd, ifname: name } },
    fieldNames(),
  );
}

/** What a link of these kinds can be changed to after it was made. */
export type LinkOptions =
  | OptionsOf<Extract<LinkSpec, { kind: 'bond' | 'bridge' }>>
  | ({ readonly kind: 'vlan' } & VlanOptions);

type OptionsOf<Spec> = Spec extends CommonLinkSpec ? Omit<Spec, keyof CommonLinkSpec> : never;

/**
 * Change what only links of a kind have: a bond's active slave, a VLAN's maps of priorities.
 * Equivalent to: ip link set dev NAME type KIND ...
 */
export function setLinkOptions({
  index,
  ...options
}: { readonly index: number } & LinkOptions): NetlinkRequest<void> {
  const { kind } = options;
  const row = linkKinds.get(kind);
  const spec = options as LinkSpec; // of such a kind, nothing else is needed
  return change(
    ['ip link set dev', dev(index), 'type', kind, ...(row?.words(spec) ?? [])].join(' '),
    RTM_NEWLINK,
    0,
    linkMessage,
    { ...noIfInfo, index, attrs: { info: compact({ kind, data: row?.encode(spec) }) } },
    fieldNames(kind),
  );
}

/** Remove a link. Equivalent to: ip link del dev NAME */
export function deleteLink({ index }: { readonly index: number }): NetlinkRequest<void> {
  return change(`ip link del dev ${dev(index)}`, RTM_DELLINK, 0, linkMessage, {
    ...noIfInfo,
    index,
    attrs: {},
  });
}

/** Of a kind, the data's fields are the spec's own. */
function fieldNames(kind = ''): FieldNames {
  const own = Object.entries(linkKinds.get(kind)?.fields ?? {});
  return {
    ifname: 'name',
    info: '',
    'info.kind': 'kind',
    'info.data': '',
    ...Object.fromEntries(own.map(([path, name]) => [`info.data.${path}`, name])),
  };
}

function upFlags(up: boolean | undefined): { flags: number; change: number } {
  return { flags: up ? IFF_UP : 0, change: up === undefined ? 0 : IFF_UP };
}

function common(fields: {
  mtu: number | undefined;
  address: string | undefined;
  numTxQueues?: number | undefined;
  numRxQueues?: number | undefined;
  netnsFd: number | undefined;
  link?: number | undefined;
}): (string | number)[] {
  const { mtu, address, numTxQueues: numtxqueues, numRxQueues: numrxqueues, netnsFd } = fields;
  const link = fields.link === undefined ? undefined : dev(fields.link);
  const netns = netnsFd === undefined ? undefined : `/proc/self/fd/${netnsFd}`;
  return Object.entries(compact({ mtu, address, numtxqueues, numrxqueues, netns, link })).flat();
}
