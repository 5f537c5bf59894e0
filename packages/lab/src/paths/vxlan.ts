import { at, FAMILIES, on, prefixes } from '../addresses.ts';
import type { Host } from '../host.ts';
import { addressNic, bridgePod, NIC } from '../stage.ts';
import type { Path } from './path.ts';

const MTU = 1450;

/** An overlay: Flannel, Calico and Cilium in VXLAN mode. The NIC sees the outer packet. */
export const vxlan: Path = {
  name: 'vxlan',
  title: 'bridge, routed, VXLAN overlay',
  usedBy: ['Flannel', 'Calico', 'Cilium', 'Canal'],
  pod: 'client',
  neighbour: 'pods',
  lay(stage) {
    const { node, outside } = stage;
    addressNic(stage);
    bridgePod(stage);
    tunnel(node, NIC, 1, 2);
    tunnel(outside, 'eth0', 2, 1);
    outside.address('vxlan0', ...on('remote', 2));
    for (const family of FAMILIES) {
      node.route(prefixes('remote')[family], { via: at('tunnel', 2)[family] });
      outside.route(prefixes('pods')[family], { via: at('tunnel', 1)[family] });
    }
    return at('remote', 2);
  },
};

export function tunnel(host: Host, dev: string, local: number, remote: number): void {
  host.add({
    kind: 'vxlan',
    name: 'vxlan0',
    id: 42,
    local: at('nic', local)[4],
    remote: at('nic', remote)[4],
    port: 4789,
    dev: host.index(dev),
    mtu: MTU,
  });
  host.address('vxlan0', ...on('tunnel', local));
}
