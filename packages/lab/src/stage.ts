import { type Addresses, at, FAMILIES, type Network, on, prefixes, single } from './addresses.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';

/** The three hosts that every path has, wired: pod --- node === NIC === outside. */
export interface Stage {
  /** What disposes of it all. */
  lab: Lab;
  pod: Host;
  node: Host;
  outside: Host;
  /** A second pod, wired to the node, where one was asked for. */
  neighbour?: Host;
}

export interface StageOptions {
  /** Makes the pod's interface `eth0`; a veth pair by default. */
  wirePod?: ((stage: Stage) => void) | undefined;
  neighbour?: boolean;
}

/** Interface names on the stage. */
export const NIC = 'nic0';
export const POD_SIDE = 'pod0';
export const NEIGHBOUR_SIDE = 'pod1';
export const BRIDGE = 'br0';
const QUEUES = 4;

/** Hosts, the NIC with several queues, and the pod's interface; no addresses yet but the NIC's. */
export function setStage(lab: Lab, { wirePod = wireVeth, neighbour = false }: StageOptions = {}): Stage {
  const [node, outside, pod] = [lab.host('node'), lab.host('outside'), lab.host('pod')];
  const stage: Stage = { lab, pod, node, outside, ...(neighbour && { neighbour: lab.host('pod1') }) };
  for (const host of [node, outside, pod]) host.sysctl('net/ipv4/conf/all/rp_filter', '0');
  node.forward();
  wireNic(stage, NIC, 'eth0');
  wirePod(stage);
  if (stage.neighbour) wire(node, NEIGHBOUR_SIDE, stage.neighbour, 'eth0');
  outside.address('eth0', ...on('nic', 2));
  return stage;
}

/** A NIC of the node, and its other end outside. */
export function wireNic({ node, outside }: Stage, name: string, end: string): void {
  wire(node, name, outside, end, QUEUES);
}

function wireVeth({ node, pod }: Stage): void {
  wire(node, POD_SIDE, pod, 'eth0');
}

/** A veth pair between two hosts, both ends up. Equivalent to: ip link add A type veth peer name B netns ... */
export function wire(a: Host, nameA: string, b: Host, nameB: string, queues = 1): void {
  a.add({
    kind: 'veth',
    name: nameA,
    numTxQueues: queues,
    numRxQueues: queues,
    peer: { name: nameB, netnsFd: b.netns.fd, numTxQueues: queues, numRxQueues: queues },
  });
  b.up(nameB);
}

/** The node has its own address on the NIC and routes for its pods. */
export function addressNic({ node }: Stage): void {
  node.address(NIC, ...on('nic', 1));
}

/** The pod's own address and a host route, no bridge: as the CNI plugin `ptp` lays it. */
export function routePod({ node, pod }: Stage): void {
  node.address(POD_SIDE, ...FAMILIES.map((family) => single('pods', 1)[family]));
  for (const family of FAMILIES) node.route(single('pods', 2)[family], { dev: POD_SIDE });
  pod.address('eth0', ...on('pods', 2));
  routeDefault(pod, at('pods', 1));
}

/** A bridge with the pod on it that is the pod's gateway, as the CNI plugin `bridge` lays it. */
export function bridgePod({ node, pod }: Stage): void {
  node.add({ kind: 'bridge', name: BRIDGE });
  node.enslave(POD_SIDE, BRIDGE);
  node.address(BRIDGE, ...on('pods', 1));
  pod.address('eth0', ...on('pods', 2));
  routeDefault(pod, at('pods', 1));
}

/** Everything that is not local goes through a gateway. */
export function routeDefault(host: Host, gateway: Addresses): void {
  for (const family of FAMILIES) host.route('default', { via: gateway[family] });
}

/** Everything that is not local goes straight out of a device. */
export function routeDefaultBy(host: Host, dev: string): void {
  for (const everywhere of ['0.0.0.0/0', '::/0']) host.route(everywhere, { dev });
}

/** The peer outside knows the way back to the pods: by the node's address in this network. */
export function routeBack({ outside }: Stage, network: Network = 'nic'): void {
  for (const family of FAMILIES) outside.route(prefixes('pods')[family], { via: at(network, 1)[family] });
}
