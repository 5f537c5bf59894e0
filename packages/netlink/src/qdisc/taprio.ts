import type { QdiscKind } from './kind.ts';

/** Gates by time (IEEE 802.1Qbv). It opens them by priority; launch times are for the etf below it. */
export const taprio: QdiscKind = { kind: 'taprio', multiClass: true, clock: 'none', timeAware: true };
