import { TC_H_CLSACT } from '../handle.ts';
import type { QdiscKind } from './kind.ts';

/** No queue: two hooks, ingress and egress, for filters. */
export const clsact: QdiscKind = {
  kind: 'clsact',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  parent: TC_H_CLSACT,
  handle: 0xffff_0000,
};
