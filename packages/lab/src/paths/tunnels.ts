import { layOverlay, TUNNEL } from './overlay.ts';
import type { Path } from './path.ts';

const MTU = 1400;
const TTL = 64;

export const geneve: Path = {
  name: 'geneve',
  title: 'bridge, routed, Geneve overlay',
  usedBy: ['Cilium', 'Antrea', 'OVN-Kubernetes'],
  pod: 'client',
  neighbour: 'pods',
  lay: (stage) =>
    layOverlay(stage, ({ remote }) => ({ kind: 'geneve', name: TUNNEL, id: 42, remote, mtu: MTU })),
};

/** Only IPv4 goes through. */
export const ipip: Path = {
  name: 'ipip',
  title: 'bridge, routed, IPIP overlay',
  usedBy: ['Calico', 'kube-router', 'Flannel'],
  pod: 'client',
  neighbour: 'pods',
  families: [4],
  lay: (stage) => layOverlay(stage, (ends) => ({ kind: 'ipip', name: TUNNEL, ...ends, ttl: TTL }), [4]),
};

export const gre: Path = {
  name: 'gre',
  title: 'bridge, routed, GRE overlay',
  usedBy: ['Antrea'],
  pod: 'client',
  neighbour: 'pods',
  lay: (stage) => layOverlay(stage, (ends) => ({ kind: 'gre', name: TUNNEL, ...ends, ttl: TTL })),
};
