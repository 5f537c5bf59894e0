import { rest } from '@tsnctl/codec';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** Intermediate functional block: gives ingress a queue. */
export interface IfbSpec extends CommonLinkSpec {
  readonly kind: 'ifb';
}

export const ifb: LinkKind<IfbSpec, Uint8Array> = {
  kind: 'ifb',
  data: rest,
  encode: () => undefined,
  words: () => [],
};
