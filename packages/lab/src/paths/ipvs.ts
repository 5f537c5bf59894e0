import { at, FAMILIES } from '../addresses.ts';
import { addressNic, bridgePod, routeBack } from '../stage.ts';
import { type Path, SERVER_PORTS } from './path.ts';

/** A ClusterIP that IPVS serves: the address is on a dummy device of the node, as kube-proxy lays it. */
export const ipvs: Path = {
  name: 'ipvs',
  title: 'ClusterIP by IPVS',
  usedBy: ['kube-router', 'kube-proxy, ipvs'],
  pod: 'client',
  neighbour: 'pods',
  lay(stage) {
    const { node } = stage;
    addressNic(stage);
    bridgePod(stage);
    routeBack(stage);
    const [service, endpoint] = [at('service', 10), at('nic', 2)];
    node.add({ kind: 'dummy', name: 'kube-ipvs0' });
    node.address('kube-ipvs0', `${service[4]}/32`, `${service[6]}/128`);
    const rules = FAMILIES.flatMap((family) =>
      ['-t', '-u'].flatMap((protocol) =>
        SERVER_PORTS.flatMap((port) => {
          const [from, to] = [service, endpoint].map((host) => socketAddress(host[family], port));
          return [`-A ${protocol} ${from} -s rr`, `-a ${protocol} ${from} -r ${to} -m`];
        }),
      ),
    );
    node.run(['ipvsadm', '--restore'], `${rules.join('\n')}\n`);
    node.sysctl('net/ipv4/vs/conntrack', '1');
    return service;
  },
  // Its connections: they are there at once, while its counters follow by seconds (ip_vs_est.c).
  wasTaken: ({ node }) => /^(TCP|UDP) /m.test(node.run(['ipvsadm', '-L', '-n', '-c'])),
};

function socketAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
