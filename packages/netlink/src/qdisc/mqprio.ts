import type { QdiscKind } from './kind.ts';

/** Priorities to traffic classes to hardware queues. */
export const mqprio: QdiscKind = { kind: 'mqprio', multiClass: true, clock: 'none', timeAware: false };
