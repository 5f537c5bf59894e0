import { addQdisc } from '@tsnctl/netlink';
import { NIC } from '../stage.ts';
import { bridgeRoute } from './bridge-route.ts';
import type { Path } from './path.ts';

/** The traffic class of each priority; class N is TX queue N. */
const CLASS = [0, 1, 1, 2, 2, 3, 3] as const;

/** A NIC whose qdisc chooses the TX queue by the priority: of the restored one. */
export const multiQueue: Path = {
  ...bridgeRoute,
  name: 'multi-queue',
  title: 'NIC with 4 TX queues, mqprio',
  usedBy: ['any on a TSN NIC'],
  outside: Object.fromEntries(CLASS.map((queue, priority) => [priority, { queue }])),
  lay(stage) {
    const target = bridgeRoute.lay(stage);
    const queues = [0, 1, 2, 3].map((offset) => ({ count: 1, offset }));
    const options = { numTc: queues.length, map: CLASS, queues, hw: 0 };
    stage.node.request(addQdisc({ index: stage.node.index(NIC), kind: 'mqprio', options }));
    return target;
  },
};
