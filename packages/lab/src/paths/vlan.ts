import { at, on } from '../addresses.ts';
import { bridgePod, NIC, routeBack } from '../stage.ts';
import type { Path } from './path.ts';

const ID = 100;
const VLAN = `${NIC}.${ID}`;
/** From priority to the tag's PCP: shifted, so that one cannot be taken for the other. */
const PCP = { 1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7 } as const;

/** The node's way out is a VLAN; the restored priority chooses the tag's PCP. */
export const vlan: Path = {
  name: 'vlan',
  title: 'VLAN of the NIC, egress-qos-map',
  usedBy: ['any on a tagged network', 'vlan'],
  pod: 'client',
  neighbour: 'pods',
  uplinks: [VLAN, NIC],
  outside: Object.fromEntries(Object.entries(PCP).map(([priority, pcp]) => [priority, { pcp }])),
  lay(stage) {
    const { node, outside } = stage;
    const egressQos = Object.entries(PCP).map(([from, to]) => ({ from: Number(from), to }));
    node.add({ kind: 'vlan', name: VLAN, link: node.index(NIC), id: ID, egressQos });
    outside.add({ kind: 'vlan', name: 'vlan0', link: outside.index('eth0'), id: ID });
    node.address(VLAN, ...on('lan', 1));
    outside.address('vlan0', ...on('lan', 2));
    bridgePod(stage);
    routeBack(stage, 'lan');
    return at('lan', 2);
  },
};
