import { NetlinkSocket } from '@tsnctl/linux';
import { getGenlFamily, setChannels } from '@tsnctl/netlink';
import type { DesiredTuning, Tuner } from '@tsnctl/proxy';
import { wish } from '../../../proxy/test/tune-bench.ts';
import { NIC } from '../../src/stage.ts';
import { carrying } from './data-plane-deeds.ts';
import type { Deed, Deeds } from './deed.ts';
import type { DeedNode } from './deed-node.ts';

const NETLINK_GENERIC = 16; // linux/netlink.h
const MULTI = wish('qdisc: mq\n');
const SHAPED = wish('qdisc: tbf\ntbf: {rate: 900Mbit, burst: 100001, limit: 9999999}\n');
/** Of a kind that is not there, below a root that is. */
const STRANGE: DesiredTuning = {
  txQueues: 1,
  qdiscs: [...MULTI.qdiscs, { parent: 0x100_0001, kind: 'tsnctl_none' } as DesiredTuning['qdiscs'][number]],
};

const attach = ({ proxy }: DeedNode) => void proxy.change(() => carrying());
/** The queues and the restorer's clock. */
const left = (tuner: Tuner, desired: DesiredTuning) => tuner.plan(() => desired).steps;

function tune(desired: DesiredTuning, prepare = attach): Deed {
  return {
    prepare,
    run: ({ tuner }) => tuner.change(() => desired),
    left: ({ tuner }) => left(tuner, desired),
    carries: true,
    writes: true,
  };
}

/** What `tsnctl tune` and a TsnInterface come to, with the qdiscs that every kernel has. */
export const queueDeeds: Deeds = {
  tune: { ...tune(SHAPED), short: true },
  'tune anew': tune(MULTI, (node) => {
    attach(node);
    node.tuner.change(() => SHAPED);
  }),
  'tune to more queues': {
    ...tune({ ...MULTI, txQueues: 3 }, (node) => {
      attach(node);
      using socket = NetlinkSocket.open({ netns: node.netns, protocol: NETLINK_GENERIC });
      const [family] = socket.request(getGenlFamily({ name: 'ethtool' }));
      socket.request(setChannels({ family: family?.id ?? 0, name: NIC, tx: 1, rx: 1 }));
    }),
    takes: 'packets',
  },
  'take a tuning back': {
    ...tune(SHAPED, (node) => {
      attach(node);
      node.tuner.change(() => SHAPED);
    }),
    run: ({ tuner }) => (tuner.isTuned ? tuner.undo() : undefined),
    left: ({ tuner }) => (tuner.isTuned ? tuner.planUndo().steps : []),
  },
  'a tuning that is refused, and taken back': {
    ...tune(STRANGE),
    writes: false,
    run({ tuner }) {
      try {
        tuner.change(() => STRANGE);
      } catch (error) {
        if (!String(error).includes('is as before')) throw error;
        return;
      }
      throw new Error('it was not refused');
    },
    mend: ({ tuner }) => (tuner.isTuned ? tuner.undo() : undefined),
    left: ({ tuner }) => (tuner.isTuned ? tuner.planUndo().steps : []),
  },
};
