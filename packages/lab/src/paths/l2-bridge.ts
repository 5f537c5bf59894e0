import { at, on } from '../addresses.ts';
import { BRIDGE, NIC, POD_SIDE } from '../stage.ts';
import type { Path } from './path.ts';

/** Pod and NIC are ports of one bridge: the CNI plugin `bridge` without a gateway, host-local networks. */
export const l2Bridge: Path = {
  name: 'l2-bridge',
  title: 'bridge with the NIC as a port',
  pod: 'client',
  lay({ node, pod }) {
    node.add({ kind: 'bridge', name: BRIDGE });
    node.enslave(POD_SIDE, BRIDGE);
    node.enslave(NIC, BRIDGE);
    node.address(BRIDGE, ...on('nic', 1));
    pod.address('eth0', ...on('nic', 3));
    return at('nic', 2);
  },
};
