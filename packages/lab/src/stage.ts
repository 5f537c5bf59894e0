import { type Addresses, at, FAMILIES, on, prefixes } from './addresses.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';

/** The three hosts that every path has, wired: pod --- node === NIC === outside. */
export interface Stage {
  pod: Host;
  node: Host;
  outside: Host;
}

/** Interface names on the stage. */
export const NIC = 'nic0';
export const POD_SIDE = 'pod0';
export const BRIDGE = 'br0';
const QUEUES = 4;

/** Hosts, the NIC with several queues, and the pod's interface; no addresses yet but the NIC's. */
export function setStage(lab: Lab): Stage {
  const [node, outside, pod] = [lab.host('node'), lab.host('outside'), lab.host('pod')];
  for (const host of [node, outside, pod]) host.sysctl('net/ipv4/conf/all/rp_filter', '0');
  node.forward();
  wire(node, NIC, outside, 'eth0', QUEUES);
  wire(node, POD_SIDE, pod, 'eth0');
  outside.address('eth0', ...on('nic', 2));
  return { pod, node, outside };
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

/** The peer outside knows the way back to the pods. */
export function routeBack({ outside }: Stage): void {
  for (const family of FAMILIES) outside.route(prefixes('pods')[family], { via: at('nic', 1)[family] });
}
