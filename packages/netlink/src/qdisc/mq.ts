import type { QdiscKind } from './kind.ts';
import { txQueueOf } from './priority-map.ts';

/** One qdisc for each hardware queue; which queue is not a matter of priority. */
export const mq: QdiscKind = {
  kind: 'mq',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  rootOnly: true,
  txQueueOf,
};
