import { TC_H_CLSACT } from '../handle.ts';
import type { QdiscKind } from './kind.ts';

/** No queue: one hook, ingress, for filters; clsact has two. */
export const ingress: QdiscKind = {
  kind: 'ingress',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  parent: TC_H_CLSACT, // TC_H_INGRESS is the same number
  handle: 0xffff_0000,
};
