import type { QdiscKind } from './kind.ts';

/** Earliest TxTime First: sends each packet at its launch time, in CLOCK_TAI. */
export const etf: QdiscKind = { kind: 'etf', multiClass: false, clock: 'tai', timeAware: true };
