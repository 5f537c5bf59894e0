import { attrs, type Infer, struct, u8, u32 } from '@tsnctl/codec';
import { compact } from './compact.ts';
import { addressFamily, type Family, familyOf, ipAddress, parsePrefix } from './ip.ts';
import { dev } from './link/dev.ts';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.ts';
import { change, type NetlinkRequest, query } from './request.ts';
import { RTM_GETROUTE, RTM_NEWROUTE } from './rtm.ts';

export type RouteScope = 'global' | 'link' | 'host';

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
  /** RTN_*: 1 unicast, 2 local, 3 broadcast ... */
  readonly type: number;
}

/**
 * Add a route to the main table; EEXIST if it is there. Without `scope` it is `link` for an IPv4 route without
 * a gateway, as with ip(8), and `global` otherwise. Equivalent to: ip route add 10.1.0.0/16 via 10.0.0.2
 */
export function addRoute(spec: {
  readonly destination: string;
  readonly family: Family;
  readonly via?: string;
  readonly index?: number;
  readonly scope?: RouteScope;
}): NetlinkRequest<void> {
  const { destination, family, via, index } = spec;
  const prefix = parsePrefix(destination === 'default' ? everywhere[family] : destination);
  const scope = spec.scope ?? (family === 4 && via === undefined ? 'link' : 'global');
  const words = Object.entries(compact({ via, dev: index && dev(index), scope: spec.scope })).flat();
  return change(
    [`ip -${family} route add`, destination, ...words].join(' '),
    RTM_NEWROUTE,
    NLM_F_CREATE | NLM_F_EXCL,
    routeMessage,
    {
      ...empty,
      family: addressFamily[family],
      destinationLength: prefix.length,
      table: RT_TABLE_MAIN,
      protocol: RTPROT_BOOT,
      scope: scopes[scope],
      type: RTN_UNICAST,
      attrs: { destination: prefix.address, gateway: via, oif: index },
    },
    { gateway: 'via', oif: 'index' },
  );
}

/** The routes of all tables. Equivalent to: ip route show table all */
export function listRoutes({ family }: { readonly family: Family }): NetlinkRequest<Route> {
  const body = { ...empty, family: addressFamily[family], attrs: {} };
  return query(`ip -${family} route show table all`, RTM_GETROUTE, routeMessage, body, routeOf, {
    dump: true,
  });
}

function routeOf({ family, destinationLength, table, type, attrs }: Infer<typeof routeMessage>): Route {
  return compact({
    family: familyOf(family),
    destination: attrs.destination === undefined ? 'default' : `${attrs.destination}/${destinationLength}`,
    via: attrs.gateway,
    index: attrs.oif,
    source: attrs.source,
    table: attrs.table ?? table,
    priority: attrs.priority,
    type,
  });
}

// struct rtmsg and RTA_*, RT_TABLE_*, RTPROT_*, RTN_*, RT_SCOPE_* in linux/rtnetlink.h
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
    table: [15, u32],
  }),
});

const empty = {
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
const scopes: Readonly<Record<RouteScope, number>> = { global: 0, link: 253, host: 254 };
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
