import { u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { NetlinkRequest } from '../request.ts';
import { words } from '../words.ts';
import { type EthtoolTarget, ethtoolAttrs, ethtoolChange, ethtoolQuery } from './message.ts';

/** How many queues of each sort; a driver has those sorts that are there. A combined one receives and sends. */
export interface ChannelCounts {
  readonly rx?: number;
  readonly tx?: number;
  readonly other?: number;
  readonly combined?: number;
}

/** The queues that an interface uses, of those that it could. */
export interface Channels {
  readonly maximum: ChannelCounts;
  readonly current: ChannelCounts;
}

/** How many queues an interface has; EOPNOTSUPP where its driver does not tell. Equivalent to: ethtool -l NAME */
export function getChannels(target: EthtoolTarget): NetlinkRequest<Channels> {
  return ethtoolQuery(target, { command: ETHTOOL_MSG_CHANNELS_GET, option: '-l ' }, channels, (attrs) => ({
    maximum: compact({
      rx: attrs.rxMax,
      tx: attrs.txMax,
      other: attrs.otherMax,
      combined: attrs.combinedMax,
    }),
    current: compact({ rx: attrs.rx, tx: attrs.tx, other: attrs.other, combined: attrs.combined }),
  }));
}

/** Change how many queues an interface uses; what is not said stays. Equivalent to: ethtool -L NAME combined 4 */
export function setChannels(spec: EthtoolTarget & ChannelCounts): NetlinkRequest<void> {
  const { rx, tx, other, combined } = spec;
  const row = {
    command: ETHTOOL_MSG_CHANNELS_SET,
    option: '-L ',
    words: words({ rx, tx, other, combined }),
  };
  return ethtoolChange(spec, row, channels, { rx, tx, other, combined });
}

/** Counts with which an interface has so many queues to send by, of the sort that its driver has; undefined where it has not as many. Pure. */
export function channelsFor({ maximum, current }: Channels, txQueues: number): ChannelCounts | undefined {
  const { combined = 0, tx = 0 } = current;
  if ((maximum.combined ?? 0) + tx >= txQueues) return { combined: txQueues - tx };
  if ((maximum.tx ?? 0) + combined >= txQueues) return { tx: txQueues - combined };
  return undefined;
}

/** The command for that; of combined ones where the driver does not tell: `ethtool -L eth1 tx 4`. Pure. */
export function channelsCommand(name: string, all: Channels | undefined, txQueues: number): string {
  const counts = (all && channelsFor(all, txQueues)) ?? { combined: txQueues };
  return ['ethtool -L', name, ...words({ ...counts })].join(' ');
}

// ETHTOOL_A_CHANNELS_* in linux/ethtool_netlink.h
const channels = ethtoolAttrs({
  rxMax: [2, u32],
  txMax: [3, u32],
  otherMax: [4, u32],
  combinedMax: [5, u32],
  rx: [6, u32],
  tx: [7, u32],
  other: [8, u32],
  combined: [9, u32],
});

// ETHTOOL_MSG_* in linux/ethtool_netlink.h
const ETHTOOL_MSG_CHANNELS_GET = 17;
const ETHTOOL_MSG_CHANNELS_SET = 18;
