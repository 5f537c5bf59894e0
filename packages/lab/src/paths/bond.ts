import type { BondOptions } from '@tsnctl/netlink';
import { type Addresses, at, on } from '../addresses.ts';
import type { Host } from '../host.ts';
import { bridgePod, NIC, routeBack, type Stage, wireNic } from '../stage.ts';
import type { Path } from './path.ts';

const SECOND_NIC = 'nic1';
const BOND = 'bond0';

/** Two NICs, one of which sends. */
export const bondActiveBackup: Path = {
  name: 'bond-active-backup',
  title: 'bond of two NICs, active-backup',
  usedBy: ['any on bonded NICs'],
  pod: 'client',
  neighbour: 'pods',
  uplinks: [BOND, NIC, SECOND_NIC],
  nics: [NIC, SECOND_NIC],
  lay: (stage) => layBond(stage, { mode: 'active-backup' }),
};

/** Two NICs, each of which sends some flows. */
export const bondXor: Path = {
  ...bondActiveBackup,
  name: 'bond-balance-xor',
  title: 'bond of two NICs, balance-xor',
  lay: (stage) => layBond(stage, { mode: 'balance-xor', xmitHashPolicy: 'layer3+4' }),
};

function layBond(stage: Stage, options: BondOptions): Addresses {
  const { node, outside } = stage;
  wireNic(stage, SECOND_NIC, 'eth1');
  bond(node, [NIC, SECOND_NIC], options);
  bond(outside, ['eth0', 'eth1'], options);
  node.address(BOND, ...on('lan', 1));
  outside.address(BOND, ...on('lan', 2));
  bridgePod(stage);
  routeBack(stage, 'lan');
  return at('lan', 2);
}

/** Ports must be down to be taken in. Nobody watches them (no miimon): so the first is the active one, at both ends. */
function bond(host: Host, ports: readonly string[], options: BondOptions): void {
  host.add({ kind: 'bond', name: BOND, ...options });
  for (const port of ports) {
    host.up(port, false);
    host.enslave(port, BOND);
    host.up(port);
  }
}
