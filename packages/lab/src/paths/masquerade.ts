import { at } from '../addresses.ts';
import { addressNic, bridgePod, NIC } from '../stage.ts';
import type { Path } from './path.ts';

/** The same with source NAT: pods that leave the cluster. */
export const masquerade: Path = {
  name: 'masquerade',
  title: 'bridge, routed, MASQUERADE',
  usedBy: ['Flannel', 'kindnet', 'AWS VPC CNI', 'bridge with ipMasq'],
  pod: 'client',
  neighbour: 'pods',
  lay(stage) {
    addressNic(stage);
    bridgePod(stage);
    stage.node.nft(`
      table inet lab {
        chain postrouting {
          type nat hook postrouting priority srcnat
          oifname "${NIC}" masquerade
        }
      }`);
    return at('nic', 2);
  },
};
