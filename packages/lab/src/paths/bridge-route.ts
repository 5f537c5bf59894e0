import { at } from '../addresses.ts';
import { addressNic, bridgePod, routeBack } from '../stage.ts';
import type { Path } from './path.ts';

/** A bridge for the pods, then a route: Flannel host-gw, kube-router, the plugin `bridge` with a gateway. */
export const bridgeRoute: Path = {
  name: 'bridge-route',
  title: 'bridge, then routed',
  usedBy: ['Flannel host-gw', 'kube-router', 'bridge'],
  pod: 'client',
  neighbour: 'pods',
  lay(stage) {
    addressNic(stage);
    bridgePod(stage);
    routeBack(stage);
    return at('nic', 2);
  },
};
