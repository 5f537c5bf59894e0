import type { QdiscKind } from './kind.ts';

/** Fair queue with pacing: holds a packet back until its launch time, in CLOCK_MONOTONIC. */
export const fq: QdiscKind = { kind: 'fq', multiClass: false, clock: 'mono', timeAware: true };
