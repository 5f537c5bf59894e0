import type { NetlinkEvent } from '@tsnctl/netlink';

/** What of a node an event may be about. */
export interface EventConcerns {
  /** Whether interface `ifindex` restores now. */
  readonly isUplink: (ifindex: number) => boolean;
  /** Whether it is a pod's host side. */
  readonly isPod: (ifindex: number) => boolean;
  /** Whether it may make other uplinks, or another clock of one. */
  readonly isConcerned: (event: NetlinkEvent) => boolean;
}

/** An interface goes after our DEL, and leaves a pin. */
export const AFTER_GONE_MS = 1_000;
/** What is about more than one pod: the next ones are waited for. */
const AFTER_EVENT_MS = 100;
/** Whoever changes an uplink's qdiscs changes more than one, and meanwhile what a pod sends may be in a wrong clock. */
const AFTER_QDISC_MS = 20;

/** How long after an event everything is looked at; undefined where that need not be. Pure. */
export function lookAfterMs(
  event: NetlinkEvent,
  { isUplink, isPod, isConcerned }: EventConcerns,
): number | undefined {
  if (event.what === 'link' && event.gone) return AFTER_GONE_MS;
  if (event.what === 'filter') {
    const isOurs = isUplink(event.index) || isPod(event.index);
    return event.gone && isOurs ? 0 : undefined; // it may be the one that we are
  }
  if (event.what === 'qdisc') {
    const { index, kind } = event.qdisc;
    if (event.gone && kind === 'clsact' && (isUplink(index) || isPod(index))) return 0; // our filters went with it
    if (kind !== 'clsact' && isUplink(index)) return AFTER_QDISC_MS;
  }
  return isConcerned(event) ? AFTER_EVENT_MS : undefined;
}
