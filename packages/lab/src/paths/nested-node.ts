import { at, FAMILIES, on, prefixes } from '../addresses.ts';
import { routeDefault, wire } from '../stage.ts';
import { masquerade } from './masquerade.ts';
import type { Path } from './path.ts';

/** The node is a container itself, whose NIC is a veth into the machine: up to there it is a node like any other. */
export const nestedNode: Path = {
  ...masquerade,
  name: 'nested-node',
  title: 'node in a container, up to its own NIC',
  usedBy: ['kind', 'k3d', 'minikube, docker driver'],
  lay(stage) {
    const { lab, node, outside } = stage;
    masquerade.lay(stage);
    const machine = lab.host('machine');
    machine.forward();
    outside.move('eth0', machine, 'node0');
    wire(machine, 'uplink0', outside, 'eth0');
    machine.address('node0', ...on('nic', 2));
    machine.address('uplink0', ...on('lan', 1));
    outside.address('eth0', ...on('lan', 2));
    routeDefault(node, at('nic', 2));
    for (const family of FAMILIES) outside.route(prefixes('nic')[family], { via: at('lan', 1)[family] });
    return at('lan', 2);
  },
};
