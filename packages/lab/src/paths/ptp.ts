import { at, FAMILIES, on, single } from '../addresses.ts';
import { addressNic, POD_SIDE, routeBack, routeDefault } from '../stage.ts';
import type { Path } from './path.ts';

/** A veth pair and a host route, no bridge: Calico, the plugin `ptp`, GKE, AWS VPC CNI. */
export const ptp: Path = {
  name: 'ptp',
  title: 'point-to-point veth, routed',
  pod: 'client',
  lay(stage) {
    const { node, pod } = stage;
    addressNic(stage);
    node.address(POD_SIDE, ...FAMILIES.map((family) => single('pods', 1)[family]));
    for (const family of FAMILIES) node.route(single('pods', 2)[family], { dev: POD_SIDE });
    pod.address('eth0', ...on('pods', 2));
    routeDefault(pod, at('pods', 1));
    routeBack(stage);
    return at('nic', 2);
  },
};
