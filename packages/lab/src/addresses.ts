/** IP version of a row. */
export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** One address per family. */
export type Addresses = Record<Family, string>;

// The lab's networks lie in ranges for benchmarks and documentation: RFC 2544, RFC 3849.
const networks = {
  /** Between the node's NIC and the peer outside. */
  nic: { 4: '198.18.0', 6: '2001:db8:0:' },
  /** The node's pods. */
  pods: { 4: '198.18.1', 6: '2001:db8:1:' },
  /** Between tunnel ends. */
  tunnel: { 4: '198.18.2', 6: '2001:db8:2:' },
  /** The pods of the node outside. */
  remote: { 4: '198.18.3', 6: '2001:db8:3:' },
  /** Services. */
  service: { 4: '198.18.4', 6: '2001:db8:4:' },
  /** Beside the NIC's own: of a VLAN, a bond, a machine around the node. */
  lan: { 4: '198.18.5', 6: '2001:db8:5:' },
  /** A second pod of the node that is no port of the first one's bridge. */
  neighbours: { 4: '198.18.6', 6: '2001:db8:6:' },
} as const;

export type Network = keyof typeof networks;

const LENGTH: Record<Family, number> = { 4: 24, 6: 64 };

/** Host number `number` of a network, without its prefix length. */
export function at(network: Network, number: number): Addresses {
  return { 4: `${networks[network][4]}.${number}`, 6: `${networks[network][6]}:${number}` };
}

/** The same with the prefix length, for an interface: both families. */
export function on(network: Network, number: number): string[] {
  return FAMILIES.map((family) => `${at(network, number)[family]}/${LENGTH[family]}`);
}

/** The prefixes of a network: both families. */
export function prefixes(network: Network): Addresses {
  return { 4: `${networks[network][4]}.0/24`, 6: `${networks[network][6]}:/64` };
}

/** Host routes to one address: both families. */
export function single(network: Network, number: number): Addresses {
  return { 4: `${at(network, number)[4]}/32`, 6: `${at(network, number)[6]}/128` };
}
