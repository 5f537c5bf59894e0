import { array, type Infer, i32, struct, u8 } from '@tsnctl/codec';
import { refuse } from '../refuse.ts';
import type { QdiscKind } from './kind.ts';

/** struct tc_prio_qopt in linux/pkt_sched.h: the band of each of the priorities 0 to 15. */
export const prioOptions = struct({ bands: i32, priomap: array(u8, 16) });

/** tc-prio(8) */
export type PrioOptions = Infer<typeof prioOptions>;

/** Bands in strict order of priority. */
export const prio: QdiscKind<PrioOptions> = {
  kind: 'prio',
  multiClass: true,
  clock: 'none',
  timeAware: false,
  options: prioOptions,
  defaults: { bands: 3, priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] },
  check: ({ bands, priomap }) => {
    for (const [priority, band] of priomap.entries()) {
      if (band >= bands) {
        refuse(
          `options.priomap.${priority}`,
          `there is no band ${band}, with ${bands} of them`,
          `a band from 0 to ${bands - 1}, or bands: ${band + 1}`,
        );
      }
    }
  },
  words: ({ bands, priomap }) => ['bands', bands, 'priomap', ...priomap],
  prioritiesOf: ({ priomap }, classMinor) =>
    priomap.flatMap((band, priority) => (band === classMinor - 1 ? [priority] : [])),
};
