import { NIC } from '../stage.ts';
import { bridgeRoute } from './bridge-route.ts';
import { masquerade } from './masquerade.ts';
import type { Path } from './path.ts';

const BYTES = 4096; // three fragments
const SMALL_MTU = 1300;

/** Packets that the pod's own kernel cuts. */
export const podFragments: Path = {
  ...bridgeRoute,
  name: 'fragments-pod',
  title: 'fragments, cut in the pod',
  usedBy: ['any'],
  fragmentsOf: BYTES,
};

/** Fragments for which the NIC is too narrow: the node cuts them again. IPv6 and TCP leave that to the sender. */
export const nodeFragments: Path = {
  ...bridgeRoute,
  name: 'fragments-node',
  title: 'fragments, cut again by the node',
  usedBy: ['any whose NIC has the smaller MTU'],
  families: [4],
  protocols: ['udp'],
  fragmentsOf: BYTES,
  lay(stage) {
    stage.node.setMtu(NIC, SMALL_MTU);
    stage.pod.sysctl('net/ipv4/ip_no_pmtu_disc', '1'); // so that packets may be cut
    return bridgeRoute.lay(stage);
  },
};

/** Fragments that connection tracking puts together; they leave in fragments again. */
export const trackedFragments: Path = {
  ...masquerade,
  name: 'fragments-conntrack',
  title: 'fragments through MASQUERADE',
  usedBy: ['any with source NAT'],
  fragmentsOf: BYTES,
};
