import type { QdiscSpec } from '@tsnctl/netlink';

/** A qdisc of the NIC, whose index is not known yet. */
export type NicQdisc<Kind extends string = string> = Omit<QdiscSpec<Kind>, 'index'>;

const ROOT = 0x1_0000; // 1:
/** The stage's NIC has four queues; each is a traffic class of its own. */
const CLASSES = [0, 1, 2, 3] as const;

/** The traffic class of each priority, and so its queue. 7 is what the kernel itself sends with. */
export const CLASS_OF = [0, 0, 1, 1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0] as const;
export const ALL_GATES = (1 << CLASSES.length) - 1;

const priorityMap = {
  numTc: CLASSES.length,
  map: CLASS_OF,
  queues: CLASSES.map((offset) => ({ count: 1, offset })),
};

export const mqprio: NicQdisc<'mqprio'> = {
  kind: 'mqprio',
  handle: ROOT,
  options: { ...priorityMap, hw: 0 },
};

/** Gates that follow each other, in CLOCK_TAI, in software. The cycle begins at its whole multiples. */
export function taprio(...gates: readonly { mask: number; intervalNs: number }[]): NicQdisc<'taprio'> {
  const entries = gates.map(({ mask, intervalNs }) => ({
    command: 'S' as const,
    gateMask: mask,
    intervalNs,
  }));
  return {
    kind: 'taprio',
    handle: ROOT,
    options: { ...priorityMap, clockid: 'CLOCK_TAI', baseTimeNs: 0n, entries },
  };
}

/** With room for all that waits for its launch time. */
export const fq: NicQdisc<'fq'> = { kind: 'fq', options: { flowLimitPackets: 4096 } };

/** In the queue of a class of `mqprio`. It lets a packet go from `deltaNs` before its launch time on, and drops it after that. */
export function etf(trafficClass: number, deltaNs: number): NicQdisc<'etf'> {
  return {
    kind: 'etf',
    parent: ROOT + 1 + trafficClass,
    options: { clockid: 'CLOCK_TAI', deltaNs, skipSockCheck: true },
  };
}
