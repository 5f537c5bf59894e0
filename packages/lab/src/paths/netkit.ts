import { at, FAMILIES, on, single } from '../addresses.ts';
import { addressNic, POD_SIDE, routeBack, routeDefaultBy, type Stage } from '../stage.ts';
import type { Limit, Path } from './path.ts';
import { ptp } from './ptp.ts';

const limits: readonly Limit[] = [
  {
    before: [6, 7],
    reason: 'netkit came with kernel 6.7',
    doctor: 'nothing: no pod here can have it, the CNI plugin has to use veth',
    shows: 'refused',
  },
];

/** A netkit pair that carries Ethernet frames, without programs of its own. */
export const netkitL2: Path = {
  ...ptp,
  name: 'netkit-l2',
  title: 'point-to-point netkit, L2',
  usedBy: ['netkit without programs; with them, as of Cilium, see [hazards](comparison.md#hazards)'],
  wirePod: (stage) => wire(stage, 'l2'),
  limits,
};

/** One that carries IP packets: no neighbours, no hardware addresses. */
export const netkitL3: Path = {
  ...netkitL2,
  name: 'netkit-l3',
  title: 'point-to-point netkit, L3',
  wirePod: (stage) => wire(stage, 'l3'),
  lay(stage) {
    const { node, pod } = stage;
    addressNic(stage);
    for (const family of FAMILIES) node.route(single('pods', 2)[family], { dev: POD_SIDE });
    pod.address('eth0', ...on('pods', 2));
    routeDefaultBy(pod, 'eth0');
    routeBack(stage);
    return at('nic', 2);
  },
};

function wire({ node, pod }: Stage, mode: 'l2' | 'l3'): void {
  node.add({ kind: 'netkit', name: POD_SIDE, mode, peer: { name: 'eth0', netnsFd: pod.netns.fd } });
  pod.up('eth0');
}
