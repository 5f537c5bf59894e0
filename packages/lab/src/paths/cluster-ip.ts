import { at } from '../addresses.ts';
import { addressNic, bridgePod, routeBack } from '../stage.ts';
import type { Path } from './path.ts';

/** The pod calls a ClusterIP whose endpoint is on another node: kube-proxy's destination NAT. */
export const clusterIp: Path = {
  name: 'cluster-ip',
  title: 'ClusterIP: DNAT to another node',
  pod: 'client',
  lay(stage) {
    addressNic(stage);
    bridgePod(stage);
    routeBack(stage);
    const [service, endpoint] = [at('service', 10), at('nic', 2)];
    stage.node.nft(`
      table inet lab {
        chain prerouting {
          type nat hook prerouting priority dstnat
          ip daddr ${service[4]} dnat ip to ${endpoint[4]}
          ip6 daddr ${service[6]} dnat ip6 to ${endpoint[6]}
        }
      }`);
    return service;
  },
};
