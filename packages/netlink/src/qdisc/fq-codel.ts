import type { QdiscKind } from './kind.ts';

/** Fair queue with controlled delay, the default of many distributions. */
export const fqCodel: QdiscKind = { kind: 'fq_codel', multiClass: false, clock: 'none', timeAware: false };
