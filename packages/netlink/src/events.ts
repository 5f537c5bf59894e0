import { decodeFilter } from './filter/requests.ts';
import type { Link } from './link/link.ts';
import { decodeLink } from './link/link.ts';
import type { NetlinkMessage } from './message.ts';
import { decodeQdisc, type Qdisc } from './qdisc/requests.ts';
import {
  RTM_DELLINK,
  RTM_DELNSID,
  RTM_DELQDISC,
  RTM_DELROUTE,
  RTM_DELTFILTER,
  RTM_NEWLINK,
  RTM_NEWNSID,
  RTM_NEWQDISC,
  RTM_NEWROUTE,
  RTM_NEWTFILTER,
} from './rtm.ts';

/** What rtnetlink tells of to whoever listens, with qdiscs of filters too; RTNLGRP_* in linux/rtnetlink.h. */
export const eventGroups = { link: [1], qdisc: [4], route: [7, 11], nsid: [28] } as const;
export type EventGroup = keyof typeof eventGroups;

/** Something has come or changed, or has gone. Of a namespace's number and of a route only that, of a filter where. */
export type NetlinkEvent = { readonly gone: boolean } & (
  | { readonly what: 'link'; readonly link: Link }
  | { readonly what: 'qdisc'; readonly qdisc: Qdisc }
  | { readonly what: 'filter'; readonly index: number }
  | { readonly what: 'route'; readonly isDefault: boolean }
  | { readonly what: 'nsid' }
);

/** A message of a multicast group to what it tells; undefined for what nobody asks for. @throws CodecError */
export function decodeEvent({ type, body }: Pick<NetlinkMessage, 'type' | 'body'>): NetlinkEvent | undefined {
  return decoders.get(type)?.(body);
}

const link = (gone: boolean) => (body: Uint8Array) =>
  // A bridge tells of its ports as links, too; such a message has not what a link has.
  body[0] === AF_BRIDGE ? undefined : ({ what: 'link', gone, link: decodeLink(body) } as const);
const qdisc = (gone: boolean) => (body: Uint8Array) =>
  ({ what: 'qdisc', gone, qdisc: decodeQdisc(body) }) as const;
const filter = (gone: boolean) => (body: Uint8Array) =>
  ({ what: 'filter', gone, index: decodeFilter(body).index }) as const;
const route = (gone: boolean) => (body: Uint8Array) =>
  ({ what: 'route', gone, isDefault: body[DESTINATION_BITS] === 0 }) as const;
const nsid = (gone: boolean) => () => ({ what: 'nsid', gone }) as const;

const AF_BRIDGE = 7;
const DESTINATION_BITS = 1; // rtm_dst_len of struct rtmsg in linux/rtnetlink.h

const decoders = new Map<number, (body: Uint8Array) => NetlinkEvent | undefined>([
  [RTM_NEWLINK, link(false)],
  [RTM_DELLINK, link(true)],
  [RTM_NEWQDISC, qdisc(false)],
  [RTM_DELQDISC, qdisc(true)],
  [RTM_NEWTFILTER, filter(false)],
  [RTM_DELTFILTER, filter(true)],
  [RTM_NEWROUTE, route(false)],
  [RTM_DELROUTE, route(true)],
  [RTM_NEWNSID, nsid(false)],
  [RTM_DELNSID, nsid(true)],
]);
