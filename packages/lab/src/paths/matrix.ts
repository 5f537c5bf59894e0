import { bondActiveBackup, bondXor } from './bond.ts';
import { ipvlanL2, ipvlanL3, ipvlanL3s, macvlan } from './borderless.ts';
import { clusterIpMasquerade } from './cluster-ip.ts';
import { flowtable } from './flowtable.ts';
import { nodeFragments, podFragments, trackedFragments } from './fragments.ts';
import { paths } from './index.ts';
import { ipvs } from './ipvs.ts';
import { l2BridgeFilter } from './l2-bridge.ts';
import { multiQueue } from './multi-queue.ts';
import { nestedNode } from './nested-node.ts';
import { netkitL2, netkitL3 } from './netkit.ts';
import type { Path } from './path.ts';
import { redirectNeigh, redirectPeer, redirectPlain } from './redirects.ts';
import { podSegments } from './segments.ts';
import { geneve, gre, ipip } from './tunnels.ts';
import { vlan } from './vlan.ts';
import { vxlanBridged } from './vxlan-bridged.ts';
import { wireguard } from './wireguard.ts';

/** Every path: those of the demo, and what the kernels of virtual machines have besides. */
export const matrixPaths: readonly Path[] = [
  ...paths,
  l2BridgeFilter,
  clusterIpMasquerade,
  ipvs,
  flowtable,
  podFragments,
  nodeFragments,
  trackedFragments,
  podSegments,
  vxlanBridged,
  geneve,
  ipip,
  gre,
  wireguard,
  vlan,
  bondActiveBackup,
  bondXor,
  multiQueue,
  netkitL2,
  netkitL3,
  redirectNeigh,
  redirectPlain,
  redirectPeer,
  nestedNode,
  macvlan,
  ipvlanL2,
  ipvlanL3,
  ipvlanL3s,
];
