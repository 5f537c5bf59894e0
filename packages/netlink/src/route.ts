import { attrs, type Infer, i32, struct, type UnknownAttr, u8, u32 } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { addressFamily, type Family, familyOf, ipAddress, parsePrefix } from './ip.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from './message.ts';
import { type Named, named } from './named.ts';
import { change, type NetlinkRequest, query } from './request.ts';
import { RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE } from './rtm.ts';
import { type RouteScope, scopes } from './scope.ts';
import { word, words } from './words.ts';

/** RTN_* in linux/rtnetlink.h: what happens to packets that go there. */
const types = { unicast: 1, blackhole: 6, unreachable: 7, prohibit: 8 } as const;

/** ICMPV6_ROUTER_PREF_* in linux/icmpv6.h */
const preferences = { medium: 0, high: 1, low: 3 } as const;

export type RouteType = keyof typeof types;

/** A route. `destination` is `default` or a prefix; `index` is the device's. */
export interface Route {
  readonly family: Family;
  readonly destination: string;
  readonly via?: string;
  readonly index?: number;
  readonly source?: string;
  /** 254 is main, 255 local. */
  readonly table: number;
  /** The metric: less is preferred. */
  readonly priority?: number;
  /** The largest packet that may go there. */
  readonly mtu?: number;
  /** RTN_*: 1 unicast, 2 local, 3 broadcast ... */
  readonly type: number;
  /** RTPROT_*: who made it; 2 the kernel, 3 somebody by hand, 4 the configuration. */
  readonly protocol: number;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** RTNH_F_*: 4 onlink, 16 without a carrier ... */
  readonly flags: number;
  /** Of an IPv6 router: which one is preferred (RFC 4191). */
  readonly preference?: Named<typeof preferences>;
  /** In how many seconds it is gone. */
  readonly expiresS?: number;
  readonly unknown?: readonly UnknownAttr[];
}

/** A route to be made. */
export interface RouteSpec {
  readonly destination: string;
  readonly family: Family;
  /** unicast unless told. */
  readonly type?: RouteType;
  readonly via?: string;
  readonly index?: number;
  readonly source?: string;
  readonly priority?: number;
  readonly mtu?: number;
  /** main unless told. */
  readonly table?: number;
  /** `link` for an IPv4 route without a gateway, as with ip(8), and `global` otherwise, unless told. */
  readonly scope?: RouteScope;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onlink?: boolean;
  /** What an answer had that has no name here: sent as it came. */
  readonly unknown?: readonly UnknownAttr[];
}

/** Add a route; EEXIST if it is there. Equivalent to: ip route add 10.1.0.0/16 via 10.0.0.2 */
export function addRoute(spec: RouteSpec): NetlinkRequest<void> {
  return put('add', NLM_F_CREATE | NLM_F_EXCL, spec);
}

/** Add a route in the place of the one that is there. Equivalent to: ip route replace 10.1.0.0/16 via 10.0.0.2 */
export function replaceRoute(spec: RouteSpec): NetlinkRequest<void> {
  return put('replace', NLM_F_CREATE | NLM_F_REPLACE, spec);
}

/** Remove the route that has all that is said; ESRCH if there is none. Equivalent to: ip route del 10.1.0.0/16 */
export function deleteRoute(spec: Omit<RouteSpec, 'scope' | 'type'>): NetlinkRequest<void> {
  return change(
    wordsOf('del', spec),
    RTM_DELROUTE,
    0,
    routeMessage,
    { ...bodyOf(spec), scope: spec.family === 4 ? RT_SCOPE_NOWHERE : 0 },
    fields,
  );
}

function put(verb: string, flags: number, spec: RouteSpec): NetlinkRequest<void> {
  const { family, via, type = 'unicast' } = spec;
  const scope = spec.scope ?? (family === 4 && via === undefined && type === 'unicast' ? 'link' : 'global');
  const body = { ...bodyOf(spec), protocol: RTPROT_BOOT, scope: scopes[scope], type: types[type] };
  return change(wordsOf(verb, spec), RTM_NEWROUTE, flags, routeMessage, body, fields);
}

function bodyOf(spec: RouteSpec) {
  const { family, destination, via, index, source, priority, mtu, table = RT_TABLE_MAIN, onlink } = spec;
  const prefix = parsePrefix(destination === 'default' ? everywhere[family] : destination);
  const isWide = table > 0xff;
  return {
    ...empty,
    family: addressFamily[family],
    destinationLength: prefix.length,
    table: isWide ? 0 : table,
    flags: onlink ? RTNH_F_ONLINK : 0,
    attrs: {
      destination: prefix.address,
      gateway: via,
      source,
      priority,
      table: isWide ? table : undefined,
      oif: index,
      metrics: mtu === undefined ? undefined : { mtu },
      unknown: spec.unknown,
    },
  };
}

function wordsOf(verb: string, spec: RouteSpec): string {
  const { family, type, destination, via, index, source, priority, mtu, table, scope, onlink } = spec;
  return [
    `ip -${family} route`,
    verb,
    ...(type ? [type] : []),
    destination,
    ...words({ via, dev: index && dev(index), src: source, metric: priority, mtu, table, scope }),
    ...word('onlink', onlink),
  ].join(' ');
}

/** The routes of all tables. Equivalent to: ip route show table all */
export function listRoutes({ family }: { readonly family: Family }): NetlinkRequest<Route> {
  const body = { ...empty, family: addressFamily[family], attrs: {} };
  return query(`ip -${family} route show table all`, RTM_GETROUTE, routeMessage, body, routeOf, {
    dump: true,
  });
}

function routeOf(message: Infer<typeof routeMessage>): Route {
  const { family, destinationLength, table, type, protocol, scope, flags, attrs } = message;
  return compact({
    family: familyOf(family),
    destination: attrs.destination === undefined ? 'default' : `${attrs.destination}/${destinationLength}`,
    via: attrs.gateway,
    index: attrs.oif,
    source: attrs.source,
    table: attrs.table ?? table,
    priority: attrs.priority,
    mtu: attrs.metrics?.mtu,
    type,
    protocol,
    scope,
    flags,
    preference: attrs.preference,
    expiresS: attrs.cacheInfo?.expires ? Math.trunc(attrs.cacheInfo.expires / USER_HZ) : undefined,
    unknown: attrs.unknown,
  });
}

// struct rta_cacheinfo in linux/rtnetlink.h; times are in USER_HZ
const cacheInfo = struct({
  references: u32,
  lastUse: u32,
  expires: i32,
  error: u32,
  used: u32,
  id: u32,
  ts: u32,
  tsAge: u32,
});
const USER_HZ = 100;

// struct rtmsg and RTA_*, RTAX_*, RT_TABLE_*, RTPROT_*, RT_SCOPE_* in linux/rtnetlink.h
const routeMessage = struct({
  family: u8,
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  table: u8,
  protocol: u8,
  scope: u8,
  type: u8,
  flags: u32,
  attrs: attrs({
    destination: [1, ipAddress],
    oif: [4, u32],
    gateway: [5, ipAddress],
    priority: [6, u32],
    source: [7, ipAddress],
    metrics: [8, attrs({ mtu: [2, u32] })],
    cacheInfo: [12, cacheInfo],
    table: [15, u32],
    preference: [20, named(u8, preferences)],
  }),
});

/** What the spec calls them. */
const fields = { gateway: 'via', oif: 'index', 'metrics.mtu': 'mtu' };
const empty = {
  family: 0,
  destinationLength: 0,
  sourceLength: 0,
  tos: 0,
  table: 0,
  protocol: 0,
  scope: 0,
  type: 0,
  flags: 0,
};
const everywhere: Readonly<Record<Family, string>> = { 4: '0.0.0.0/0', 6: '::/0' };
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE_NOWHERE = 255;
const RTNH_F_ONLINK = 4;
