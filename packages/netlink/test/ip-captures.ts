import type { Capture } from './captures.ts';

const lo = ['ip link set lo up', 'ip addr add 10.0.0.1/24 dev lo'];
const veth = ['ip link add v0 numtxqueues 4 type veth peer name v1'];

/** Addresses and routes. */
export const ipRequests: Readonly<Record<string, Capture>> = {
  'address-add': { command: 'ip addr add 10.0.0.1/24 dev lo' },
  'address-add-loopback': { command: 'ip addr add 127.0.0.2/8 dev lo' },
  'address-add-nodad': { command: 'ip addr add fd00::1/64 dev lo nodad' },
  'address-add-options': {
    command: 'ip addr add 10.0.0.1/24 dev lo broadcast 10.0.0.255 label lo:x scope link',
  },
  'address-add-peer': { command: 'ip addr add 10.0.0.1 dev lo peer 10.0.0.2/32' },
  'address-add-noprefixroute': { command: 'ip addr add fd00::1/64 dev lo nodad noprefixroute' },
  'address-replace-lifetimes': {
    command: 'ip addr replace fd00::1/64 dev lo valid_lft 100 preferred_lft 50',
  },
  'address-delete': { command: 'ip addr del 10.0.0.1/24 dev lo', after: lo },
  'address-delete-6': { command: 'ip addr del fd00::1/64 dev lo' },
  'address-list': { command: 'ip addr show dev lo' },
  'address-list-4': { command: 'ip -4 addr show' },

  'route-add-default': { command: 'ip -4 route add default via 10.0.0.2', after: lo },
  'route-add-via': { command: 'ip -4 route add 10.1.0.0/16 via 10.0.0.2 dev lo', after: lo },
  'route-add-dev': { command: 'ip -4 route add 10.2.0.0/16 dev lo', after: lo },
  'route-add-unreachable': { command: 'ip -4 route add unreachable 10.9.0.0/16' },
  'route-add-blackhole-metric': { command: 'ip -4 route add blackhole default metric 4294967295' },
  'route-add-onlink': { command: 'ip -4 route add 10.1.0.0/16 via 10.0.0.2 dev lo onlink' },
  'route-replace-options': {
    command:
      'ip -4 route replace 10.1.0.0/16 via 10.0.0.2 dev lo src 10.0.0.1 metric 7 mtu 1400 table 1000 scope link',
    after: lo,
  },
  'route-replace-table': { command: 'ip -4 route replace 10.1.0.0/16 dev lo table 100', after: lo },
  'route-delete': {
    command: 'ip -4 route del 10.1.0.0/16 via 10.0.0.2 dev lo metric 7 table 100',
    after: lo,
  },
  'route-delete-default': { command: 'ip -4 route del default dev lo', after: lo },
  'route-add-6': { command: 'ip -6 route add fd01::/64 via fd00::2', after: lo },
  'route-add-6-default': { command: 'ip -6 route add default via fe80::1 dev lo', after: lo },
  'route-add-6-prohibit': { command: 'ip -6 route add prohibit fd02::/64' },
  'route-replace-6-options': {
    command: 'ip -6 route replace fd01::/64 via fe80::1 dev lo src fd00::1 metric 5 mtu 1400 table 100',
    after: lo,
  },
  'route-delete-6': { command: 'ip -6 route del fd01::/64 dev lo metric 5', after: lo },
  'route-list': { command: 'ip -4 route show table all' },

  'neighbour-add': {
    command: 'ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent',
    after: veth,
  },
  'neighbour-add-6': {
    command: 'ip neigh add fd00::9 lladdr 02:00:00:00:00:09 dev v0 nud permanent',
    after: veth,
  },
};
