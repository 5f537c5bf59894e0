import { bridgeRoute } from './bridge-route.ts';
import { clusterIp } from './cluster-ip.ts';
import { l2Bridge } from './l2-bridge.ts';
import { masquerade } from './masquerade.ts';
import type { Path } from './path.ts';
import { ptp } from './ptp.ts';
import { hostPort, loadBalancer, nodePort } from './services.ts';
import { vxlan } from './vxlan.ts';

/** Every path of the demo, in the order of its table. */
export const paths: readonly Path[] = [
  l2Bridge,
  bridgeRoute,
  masquerade,
  ptp,
  clusterIp,
  nodePort,
  loadBalancer,
  hostPort,
  vxlan,
];
