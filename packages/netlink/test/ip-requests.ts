import {
  addAddress,
  addNeighbour,
  addRoute,
  deleteAddress,
  deleteRoute,
  listAddresses,
  listRoutes,
  type NetlinkRequest,
  replaceAddress,
  replaceRoute,
} from '../src/index.ts';

const LO = 1;
const V0 = 3;
const via = { family: 4, destination: '10.1.0.0/16', via: '10.0.0.2', index: LO } as const;
const lladdr = '02:00:00:00:00:09';

/** The request that says the same as the command in testdata/<name>.hex: addresses and routes. */
export const ipRequests: Record<string, NetlinkRequest<unknown>> = {
  'address-add': addAddress({ index: LO, address: '10.0.0.1/24' }),
  'address-add-loopback': addAddress({ index: LO, address: '127.0.0.2/8' }),
  'address-add-nodad': addAddress({ index: LO, address: 'fd00::1/64', noDad: true }),
  'address-add-options': addAddress({
    index: LO,
    address: '10.0.0.1/24',
    broadcast: '10.0.0.255',
    label: 'lo:x',
    scope: 'link',
  }),
  'address-add-peer': addAddress({ index: LO, address: '10.0.0.1', peer: '10.0.0.2/32' }),
  'address-add-noprefixroute': addAddress({
    index: LO,
    address: 'fd00::1/64',
    noDad: true,
    noPrefixRoute: true,
  }),
  'address-replace-lifetimes': replaceAddress({
    index: LO,
    address: 'fd00::1/64',
    validS: 100,
    preferredS: 50,
  }),
  'address-delete': deleteAddress({ index: LO, address: '10.0.0.1/24' }),
  'address-delete-6': deleteAddress({ index: LO, address: 'fd00::1/64' }),
  'address-list': listAddresses({ index: LO }),
  'address-list-4': listAddresses({ family: 4 }),
  'route-add-default': addRoute({ family: 4, destination: 'default', via: '10.0.0.2' }),
  'route-add-via': addRoute(via),
  'route-add-dev': addRoute({ family: 4, destination: '10.2.0.0/16', index: LO }),
  'route-add-unreachable': addRoute({ family: 4, destination: '10.9.0.0/16', type: 'unreachable' }),
  'route-add-blackhole-metric': addRoute({
    family: 4,
    destination: 'default',
    type: 'blackhole',
    priority: 0xffff_ffff,
  }),
  'route-add-onlink': addRoute({ ...via, onlink: true }),
  'route-replace-options': replaceRoute({
    ...via,
    source: '10.0.0.1',
    priority: 7,
    mtu: 1400,
    table: 1000,
    scope: 'link',
  }),
  'route-replace-table': replaceRoute({ family: 4, destination: '10.1.0.0/16', index: LO, table: 100 }),
  'route-delete': deleteRoute({ ...via, priority: 7, table: 100 }),
  'route-delete-default': deleteRoute({ family: 4, destination: 'default', index: LO }),
  'route-add-6': addRoute({ family: 6, destination: 'fd01::/64', via: 'fd00::2' }),
  'route-add-6-default': addRoute({ family: 6, destination: 'default', via: 'fe80::1', index: LO }),
  'route-add-6-prohibit': addRoute({ family: 6, destination: 'fd02::/64', type: 'prohibit' }),
  'route-replace-6-options': replaceRoute({
    family: 6,
    destination: 'fd01::/64',
    via: 'fe80::1',
    index: LO,
    source: 'fd00::1',
    priority: 5,
    mtu: 1400,
    table: 100,
  }),
  'route-delete-6': deleteRoute({ family: 6, destination: 'fd01::/64', index: LO, priority: 5 }),
  'route-list': listRoutes({ family: 4 }),
  'neighbour-add': addNeighbour({ index: V0, address: '10.0.0.9', lladdr }),
  'neighbour-add-6': addNeighbour({ index: V0, address: 'fd00::9', lladdr }),
};
