import { at } from '../addresses.ts';
import { addressNic, routeBack, routePod } from '../stage.ts';
import type { Path } from './path.ts';

/** A veth pair and a host route, no bridge: Calico, the plugin `ptp`, GKE, AWS VPC CNI. */
export const ptp: Path = {
  name: 'ptp',
  title: 'point-to-point veth, routed',
  usedBy: ['Calico', 'kindnet', 'AWS VPC CNI', 'GKE', 'ptp'],
  pod: 'client',
  lay(stage) {
    addressNic(stage);
    routePod(stage);
    routeBack(stage);
    return at('nic', 2);
  },
};
