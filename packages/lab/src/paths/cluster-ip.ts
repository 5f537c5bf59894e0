import { type Addresses, at } from '../addresses.ts';
import { addressNic, bridgePod, routeBack, type Stage } from '../stage.ts';
import type { Path } from './path.ts';

/** The pod calls a ClusterIP whose endpoint is on another node: kube-proxy's destination NAT. */
export const clusterIp: Path = {
  name: 'cluster-ip',
  title: 'ClusterIP: DNAT to another node',
  usedBy: ['kube-proxy, iptables and nftables'],
  pod: 'client',
  neighbour: 'pods',
  lay: (stage) => layService(stage, ''),
};

const MASQUERADE = '0x4000'; // KUBE-MARK-MASQ

/** The same where the packets are marked on the way, and leave by the node's address (masqueradeAll). */
export const clusterIpMasquerade: Path = {
  ...clusterIp,
  name: 'cluster-ip-masquerade',
  title: 'ClusterIP: DNAT, marked for MASQUERADE',
  usedBy: ['kube-proxy with masqueradeAll'],
  lay: (stage) => layService(stage, `meta mark set meta mark or ${MASQUERADE}`),
};

function layService(stage: Stage, mark: string): Addresses {
  addressNic(stage);
  bridgePod(stage);
  routeBack(stage);
  const [service, endpoint] = [at('service', 10), at('nic', 2)];
  stage.node.nft(`
    table inet lab {
      chain prerouting {
        type nat hook prerouting priority dstnat
        ip daddr ${service[4]} ${mark} dnat ip to ${endpoint[4]}
        ip6 daddr ${service[6]} ${mark} dnat ip6 to ${endpoint[6]}
      }
      chain postrouting {
        type nat hook postrouting priority srcnat
        meta mark and ${MASQUERADE} != 0 meta mark set meta mark xor ${MASQUERADE} masquerade
      }
    }`);
  return service;
}
