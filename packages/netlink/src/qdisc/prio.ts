import { array, i32, struct, u8 } from '@tsnctl/codec';
import type { QdiscKind } from './kind.ts';

/** struct tc_prio_qopt in linux/pkt_sched.h: the band of each of the priorities 0 to 15. */
export const prioOptions = struct({ bands: i32, priomap: array(u8, 16) });

/** Bands in strict order of priority. */
export const prio: QdiscKind = {
  kind: 'prio',
  multiClass: true,
  clock: 'none',
  timeAware: false,
  options: prioOptions,
};
