import { at, prefixes } from '../addresses.ts';
import { NIC } from '../stage.ts';
import { bridgeRoute } from './bridge-route.ts';
import { masquerade } from './masquerade.ts';
import type { Path } from './path.ts';

const BYTES = 4096; // three fragments
const SMALL_MTU = 1300;
const WIDE_MSS = 1460;

/** Packets that the pod's own kernel cuts. */
export const podFragments: Path = {
  ...bridgeRoute,
  name: 'fragments-pod',
  title: 'fragments, cut in the pod',
  usedBy: ['any'],
  fragmentsOf: BYTES,
};

/**
 * What is too wide for the NIC: the node cuts it, fragments and TCP's segments. The far end would say that it takes
 * less, so it is told not to; the wire is as narrow at both of its ends. IPv6 leaves cutting to the sender.
 */
export const nodeFragments: Path = {
  ...bridgeRoute,
  name: 'fragments-node',
  title: 'fragments and segments, cut by the node',
  usedBy: ['any whose NIC has the smaller MTU'],
  families: [4],
  fragmentsOf: BYTES,
  segmentsCut: true,
  lay(stage) {
    const { node, outside, pod } = stage;
    node.setMtu(NIC, SMALL_MTU);
    outside.setMtu('eth0', SMALL_MTU);
    pod.sysctl('net/ipv4/ip_no_pmtu_disc', '1'); // so that packets may be cut
    const target = bridgeRoute.lay(stage);
    const back = [prefixes('pods')[4], 'via', at('nic', 1)[4]];
    outside.run(['ip', 'route', 'change', ...back, 'advmss', `${WIDE_MSS}`]);
    return target;
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
