import type { QdiscKind } from './kind.ts';

/** Hierarchical token bucket: a class is chosen by priority or filter. */
export const htb: QdiscKind = { kind: 'htb', multiClass: true, clock: 'none', timeAware: false };
