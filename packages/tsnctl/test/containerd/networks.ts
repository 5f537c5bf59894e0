import { type Json, type JsonObject, ourConfig } from '@tsnctl/cni';

/** What a pod asks for: priorities 1 to 6, launch times of up to ten seconds. */
export const TSN = {
  'tsnctl.dev/priorities': '1-6',
  'tsnctl.dev/txtime': 'true',
  'tsnctl.dev/horizon': '10s',
};

/** Our entry, which grants all of that. */
export const OURS: JsonObject = {
  ...ourConfig(),
  grant: { priorities: '1-6', txtime: true, horizon: '10s' },
};

/** Addresses for pods that the lab's host outside has a route to. */
const POD_ADDRESSES: JsonObject = {
  type: 'host-local',
  ranges: [[{ subnet: '198.18.1.0/24' }], [{ subnet: '2001:db8:1::/64' }]],
  routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
};

/** Addresses of the NIC's own network, for interfaces that are on top of it. */
const NIC_ADDRESSES: JsonObject = {
  type: 'host-local',
  ranges: [[{ subnet: '198.18.0.0/24', rangeStart: '198.18.0.100' }]],
};

/** The address of a NIC that is given away. */
const ONE_ADDRESS: JsonObject = { type: 'static', addresses: [{ address: '198.18.5.1/24' }] };

/** Plugins of containernetworking-plugins as clusters configure them. */
export const PLUGINS = {
  bridge: { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipam: POD_ADDRESSES },
  ptp: { type: 'ptp', ipam: POD_ADDRESSES },
  macvlan: { type: 'macvlan', master: 'nic0', mode: 'bridge', ipam: NIC_ADDRESSES },
  ipvlan: { type: 'ipvlan', master: 'nic0', mode: 'l2', ipam: NIC_ADDRESSES },
  'host-device': { type: 'host-device', device: 'nic1', ipam: ONE_ADDRESS },
  portmap: { type: 'portmap', capabilities: { portMappings: true }, snat: true },
  bandwidth: { type: 'bandwidth', capabilities: { bandwidth: true } },
  tuning: { type: 'tuning', mtu: 1400, sysctl: { 'net.ipv4.conf.all.arp_notify': '1' } },
  firewall: { type: 'firewall', backend: 'iptables' },
} as const satisfies Record<string, JsonObject>;

export type PluginName = keyof typeof PLUGINS;

/** A network's list: these plugins in their order, ours behind them unless told otherwise. */
export function network(names: readonly PluginName[], ours: JsonObject | false = OURS): JsonObject {
  const plugins: Json[] = names.map((name) => PLUGINS[name]);
  return { cniVersion: '1.0.0', name: 'pods', plugins: ours ? [...plugins, ours] : plugins };
}
