import { at, on } from '../addresses.ts';
import { BRIDGE, NIC, POD_SIDE, type Stage } from '../stage.ts';
import { packetsOf } from './counter.ts';
import type { Path } from './path.ts';

/** A switch of the kernel, since a module was loaded: whether bridged packets go through netfilter. */
function filterOnBridge({ node }: Stage, on: boolean): void {
  for (const table of ['iptables', 'ip6tables']) {
    const path = `net/bridge/bridge-nf-call-${table}`;
    if (on || node.hasSysctl(path)) node.sysctl(path, on ? '1' : '0');
  }
}

/** Pod and NIC are ports of one bridge: the CNI plugin `bridge` without a gateway, host-local networks. */
export const l2Bridge: Path = {
  name: 'l2-bridge',
  title: 'bridge with the NIC as a port',
  usedBy: ['bridge, without a gateway'],
  pod: 'client',
  neighbour: 'nic',
  lay(stage) {
    const { node, pod } = stage;
    node.add({ kind: 'bridge', name: BRIDGE });
    node.enslave(POD_SIDE, BRIDGE);
    node.enslave(NIC, BRIDGE);
    node.address(BRIDGE, ...on('nic', 1));
    pod.address('eth0', ...on('nic', 3));
    filterOnBridge(stage, false);
    return at('nic', 2);
  },
};

/** The same bridge with br_netfilter, as kube-proxy wants it: bridged packets meet connection tracking. */
export const l2BridgeFilter: Path = {
  ...l2Bridge,
  name: 'l2-bridge-netfilter',
  title: 'bridge with the NIC as a port, br_netfilter',
  usedBy: ['bridge, without a gateway, beside kube-proxy'],
  modules: ['br_netfilter'],
  lay(stage) {
    const target = l2Bridge.lay(stage);
    filterOnBridge(stage, true);
    stage.node.nft(`
      table inet lab {
        chain forward {
          type filter hook forward priority filter
          meta l4proto { tcp, udp } ct state new,established counter name bridged
        }
        counter bridged { }
      }`);
    return target;
  },
  wasTaken: ({ node }) => packetsOf(node, 'bridged') > 0,
};
