import type { Channels } from '@tsnctl/netlink';
import type { ClockName } from './schedule.ts';

/** What is known of the interface and the node that a schedule is for. What is left out is not judged. */
export interface Context {
  /** How fast the link is, where the schedule does not say; the kernel reckons with 10 Mbit/s if it does not know. */
  readonly linkSpeed?: bigint | undefined;
  /** TX queues in use, and how many the NIC can have. */
  readonly txQueues?: number | undefined;
  readonly maxTxQueues?: number | undefined;
  /** By which sort of them it has more. */
  readonly channels?: Channels | undefined;
  readonly mtu?: number | undefined;
  /** Major and minor. */
  readonly kernel?: readonly [number, number] | undefined;
  /** The time now, by clock. */
  readonly now?: Readonly<Partial<Record<ClockName, bigint>>> | undefined;
  /** How many gates the NIC's schedule can have, with full offload. */
  readonly maxGates?: number | undefined;
  /** Packets come from pods, by way of the proxy: their sockets are in another namespace. */
  readonly forwards?: boolean | undefined;
}

/** At which speed the kernel reckons, if it knows none: SPEED_10 in net/sched/sch_taprio.c. */
export const KERNEL_DEFAULT_BPS = 10_000_000n;
