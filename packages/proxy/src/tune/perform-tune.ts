import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import {
  deleteQdisc,
  getGenlFamily,
  type QdiscSpec,
  replaceQdisc,
  setChannels,
  TC_H_ROOT,
} from '@tsnctl/netlink';
import type { Nic, TuneStep } from './model.ts';
import { setUplinkClock } from './uplink-clock.ts';

type StepOf<Kind extends TuneStep['do']> = Extract<TuneStep, { do: Kind }>;

const NETLINK_GENERIC = 16;

/** Carries out one step at one interface; it decides nothing. */
export function performTune(
  netns: NetNs,
  nic: Pick<Nic, 'ifindex' | 'name'>,
  step: TuneStep,
  bpffs?: string,
): void {
  const perform: { [Kind in TuneStep['do']]: (step: StepOf<Kind>) => void } = {
    'set-channels': ({ counts }) => {
      using socket = NetlinkSocket.open({ netns, protocol: NETLINK_GENERIC });
      const [family] = socket.request(getGenlFamily({ name: 'ethtool' }));
      socket.request(setChannels({ family: family?.id ?? 0, index: nic.ifindex, ...counts }));
    },
    'delete-root': () => {
      using socket = NetlinkSocket.open({ netns });
      socket.request(deleteQdisc({ index: nic.ifindex, parent: TC_H_ROOT }));
    },
    'put-qdisc': ({ qdisc }) => {
      using socket = NetlinkSocket.open({ netns });
      socket.request(replaceQdisc({ ...qdisc, index: nic.ifindex } as QdiscSpec));
    },
    'set-uplink-clock': ({ clock }) => setUplinkClock(netns, nic.name, clock, bpffs),
  };
  (perform[step.do] as (one: TuneStep) => void)(step);
}
