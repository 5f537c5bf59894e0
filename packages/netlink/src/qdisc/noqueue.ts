import type { QdiscKind } from './kind.ts';

/** No queue at all: the default of virtual devices. */
export const noqueue: QdiscKind = { kind: 'noqueue', multiClass: false, clock: 'none', timeAware: false };
