import { addLink, type LinkSpec } from '@tsnctl/netlink';
import { at, on } from '../addresses.ts';
import { addressNic, NIC, routeBack, routeDefaultBy, type Stage } from '../stage.ts';
import type { Limit, Path } from './path.ts';

/** The pod's interface is a macvlan of the NIC. */
export const macvlan: Path = {
  name: 'macvlan',
  title: 'macvlan of the NIC',
  usedBy: ['macvlan', 'Multus', 'Whereabouts'],
  pod: 'client',
  native: true,
  neighbour: 'none',
  wirePod: (stage) => addToPod(stage, { kind: 'macvlan', mode: 'bridge' }),
  lay: ({ pod }) => {
    pod.address('eth0', ...on('nic', 3));
    return at('nic', 2);
  },
};

export const ipvlanL2: Path = {
  ...macvlan,
  name: 'ipvlan-l2',
  title: 'ipvlan of the NIC, L2',
  usedBy: ['ipvlan', 'Multus', 'Terway'],
  wirePod: (stage) => addToPod(stage, { kind: 'ipvlan', mode: 'l2' }),
};

const timeLost: Limit = {
  before: [6, 11],
  reason:
    'the packet is handed to the routing of the node, which clears a launch time; there is no host side to save it at',
  doctor: 'NAME is an ipvlan in mode l3: this kernel clears launch times there',
  shows: 'launch time lost',
};

/** The pod's packets are routed by the node, in its namespace. */
export const ipvlanL3: Path = {
  ...macvlan,
  name: 'ipvlan-l3',
  title: 'ipvlan of the NIC, L3',
  usedBy: ['ipvlan', 'Multus'],
  wirePod: (stage) => addToPod(stage, { kind: 'ipvlan', mode: 'l3' }),
  limits: [timeLost],
  lay(stage) {
    const { pod } = stage;
    addressNic(stage);
    pod.address('eth0', ...on('pods', 2));
    routeDefaultBy(pod, 'eth0');
    routeBack(stage);
    return at('nic', 2);
  },
};

/** The same, through the node's netfilter. */
export const ipvlanL3s: Path = {
  ...ipvlanL3,
  name: 'ipvlan-l3s',
  title: 'ipvlan of the NIC, L3S',
  wirePod: (stage) => addToPod(stage, { kind: 'ipvlan', mode: 'l3s' }),
};

type OwnOptions<Spec> = Spec extends LinkSpec ? Omit<Spec, 'name' | 'link' | 'netnsFd'> : never;

/** A device of the NIC that is born in the pod. */
function addToPod({ node, pod }: Stage, spec: OwnOptions<Extract<LinkSpec, { kind: 'macvlan' | 'ipvlan' }>>) {
  node.request(addLink({ ...spec, name: 'eth0', link: node.index(NIC), netnsFd: pod.netns.fd }));
  pod.up('eth0');
}
