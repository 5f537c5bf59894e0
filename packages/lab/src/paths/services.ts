import { type Addresses, at, FAMILIES, single } from '../addresses.ts';
import { addressNic, bridgePod, routeBack, type Stage } from '../stage.ts';
import { type Path, SERVER_PORTS } from './path.ts';

const OFFSET = 23_000; // 7001 is reached at 30001, in the range of NodePorts

/** Any node's address and a port of its own; the client's address is replaced (externalTrafficPolicy: Cluster). */
export const nodePort: Path = {
  name: 'node-port',
  title: 'NodePort: the pod replies',
  usedBy: ['kube-proxy, externalTrafficPolicy: Cluster'],
  neighbour: 'pods',
  pod: 'server',
  clientPort: (port) => port + OFFSET,
  lay(stage) {
    return serve(stage, at('nic', 1), { offset: OFFSET, match: localAddress, masquerade: true });
  },
};

/** An address of its own, routed to the node; the client's address stays (externalTrafficPolicy: Local). */
export const loadBalancer: Path = {
  name: 'load-balancer',
  title: 'LoadBalancer: the pod replies',
  usedBy: ['kube-proxy, externalTrafficPolicy: Local', 'MetalLB'],
  neighbour: 'pods',
  pod: 'server',
  lay(stage) {
    const address = at('service', 20);
    for (const family of FAMILIES)
      stage.outside.route(single('service', 20)[family], { via: at('nic', 1)[family] });
    return serve(stage, address, { offset: 0, match: (family) => `${ip(family)} daddr ${address[family]}` });
  },
};

/** The same port on the node, as the CNI plugin `portmap` lays it. */
export const hostPort: Path = {
  name: 'host-port',
  title: 'hostPort: the pod replies',
  usedBy: ['portmap'],
  neighbour: 'pods',
  pod: 'server',
  lay(stage) {
    return serve(stage, at('nic', 1), { offset: 0, match: localAddress });
  },
};

interface Rules {
  offset: number;
  match: (family: 4 | 6) => string;
  masquerade?: boolean;
}

function serve(stage: Stage, address: Addresses, { offset, match, masquerade }: Rules): Addresses {
  addressNic(stage);
  bridgePod(stage);
  routeBack(stage);
  const endpoint = at('pods', 2);
  const rules = FAMILIES.flatMap((family) =>
    SERVER_PORTS.map((port) => {
      const to = family === 4 ? `${endpoint[4]}:${port}` : `[${endpoint[6]}]:${port}`;
      return `${match(family)} meta l4proto { tcp, udp } th dport ${port + offset} dnat ${ip(family)} to ${to}`;
    }),
  );
  stage.node.nft(`
    table inet lab {
      chain prerouting {
        type nat hook prerouting priority dstnat
        ${rules.join('\n        ')}
      }
      chain postrouting {
        type nat hook postrouting priority srcnat
        ${masquerade ? 'oifname "br0" ct status dnat masquerade' : ''}
      }
    }`);
  return address;
}

function localAddress(family: 4 | 6): string {
  return `meta nfproto ipv${family} fib daddr type local`;
}

function ip(family: 4 | 6): string {
  return family === 4 ? 'ip' : 'ip6';
}
