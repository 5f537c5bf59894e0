import { attrs, type Codec, chars, cstring, rest, type UnknownAttr } from '@tsnctl/codec';
import { kinded } from '../kinded.ts';
import { linkKinds } from './kinds.ts';

const IFLA_INFO_KIND = 1; // linux/if_link.h

export interface LinkInfo {
  kind?: string | undefined;
  data?: unknown;
  portKind?: string | undefined;
  unknown?: readonly UnknownAttr[] | undefined;
}

/** IFLA_LINKINFO: a kind, and data in that kind's own layout. */
export const linkInfo: Codec<LinkInfo> = kinded(
  IFLA_INFO_KIND,
  table(rest),
  new Map([...linkKinds.values()].map(({ kind, data }) => [kind, table(data)])),
);

/** IFLA_INFO_* in linux/if_link.h. Like ip(8), `kind` is written without a NUL. */
function table(data: Codec<unknown>): Codec<LinkInfo> {
  return attrs({ kind: [1, chars], data: [2, data], portKind: [4, cstring] });
}
