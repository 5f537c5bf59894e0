import type { ChannelCounts, Channels, Qdisc } from '@tsnctl/netlink';
import type { PlacedQdisc } from '@tsnctl/schedule';
import type { UplinkClock } from '../model.ts';

/** An interface as far as its queues are concerned. */
export interface Nic {
  readonly ifindex: number;
  readonly name: string;
  readonly mtu: number;
  readonly up: boolean;
  /** TX queues in use, and how many there can be. */
  readonly txQueues: number;
  readonly maxTxQueues: number;
  /** As ethtool -l has them; absent where the driver does not tell. */
  readonly channels?: Channels;
  /** Of the link, in bits a second. */
  readonly speedBps?: bigint;
  /** Its PTP clock is /dev/ptp<phcIndex>. */
  readonly phcIndex?: number;
  /** The driver can take traffic classes: hw-tc-offload. */
  readonly tcOffload?: boolean;
  /** Root first; without clsact and ingress, which are not a matter of queues. */
  readonly qdiscs: readonly Qdisc[];
  /** Classes and filters that somebody made below the root: they go with it. */
  readonly filtersOf?: string;
  /** What the restorer at its egress gives launch times in; absent where none is attached. */
  readonly uplinkClock?: UplinkClock;
}

/** What shall be there. */
export interface DesiredTuning {
  readonly qdiscs: readonly PlacedQdisc[];
  /** TX queues that the classes need; more may be in use. */
  readonly txQueues: number;
}

/** One change of an interface: data, carried out by `performTune`. */
export type TuneStep =
  | { readonly do: 'set-channels'; readonly counts: ChannelCounts; readonly former: ChannelCounts }
  | { readonly do: 'delete-root'; readonly kind: string }
  | {
      readonly do: 'put-qdisc';
      readonly qdisc: PlacedQdisc;
      /** It changes what stands there, without losing a packet. */
      readonly inPlace: boolean;
    }
  | { readonly do: 'set-uplink-clock'; readonly clock: UplinkClock; readonly former: UplinkClock };

/** What there was before the first change, as it is remembered. */
export interface FormerTuning {
  readonly qdiscs: readonly Qdisc[];
  readonly channels?: ChannelCounts | undefined;
  readonly uplinkClock?: UplinkClock | undefined;
}
