import { at, on } from '../addresses.ts';
import { addressNic, BRIDGE, NIC, POD_SIDE } from '../stage.ts';
import type { Path } from './path.ts';
import { tunnel } from './vxlan.ts';

/** The tunnel is a port of the pods' bridge: one Ethernet over all nodes. */
export const vxlanBridged: Path = {
  name: 'vxlan-bridged',
  title: 'bridge with VXLAN as a port',
  usedBy: ['Weave Net', 'Docker overlay'],
  pod: 'client',
  neighbour: 'pods',
  lay(stage) {
    const { node, outside, pod } = stage;
    addressNic(stage);
    node.add({ kind: 'bridge', name: BRIDGE });
    tunnel(node, NIC, 1, 2);
    tunnel(outside, 'eth0', 2, 1);
    node.enslave(POD_SIDE, BRIDGE);
    node.enslave('vxlan0', BRIDGE);
    pod.setMtu('eth0', 1450);
    pod.address('eth0', ...on('pods', 2));
    outside.address('vxlan0', ...on('pods', 4));
    return at('pods', 4);
  },
};
