import { rest } from '@tsnctl/codec';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** Swallows what it is sent. */
export interface DummySpec extends CommonLinkSpec {
  readonly kind: 'dummy';
}

export const dummy: LinkKind<DummySpec, Uint8Array> = {
  kind: 'dummy',
  data: rest,
  encode: () => undefined,
  words: () => [],
};
