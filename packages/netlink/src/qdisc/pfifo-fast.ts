import type { QdiscKind } from './kind.ts';
import { prioOptions } from './prio.ts';

/** The kernel's default: three bands, which nobody set up, so it counts as none. Its options can only be read. */
export const pfifoFast: QdiscKind = {
  kind: 'pfifo_fast',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  options: prioOptions,
};
