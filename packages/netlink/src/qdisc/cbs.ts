import type { QdiscKind } from './kind.ts';

/** Credit-based shaper (IEEE 802.1Qav) of one queue. */
export const cbs: QdiscKind = { kind: 'cbs', multiClass: false, clock: 'none', timeAware: false };
