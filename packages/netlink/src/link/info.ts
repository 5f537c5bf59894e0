import { attrs, type Codec, chars, cstring, rest } from '@tsnctl/codec';
import { kinded } from '../kinded.ts';
import { linkKinds } from './kinds.ts';

export interface LinkInfo {
  kind?: string | undefined;
  data?: unknown;
  portKind?: string | undefined;
}

/** IFLA_LINKINFO: a kind, and data in that kind's own layout. */
export const linkInfo: Codec<LinkInfo> = kinded(
  table(rest),
  new Map([...linkKinds.values()].map(({ kind, data }) => [kind, table(data)])),
);

/** IFLA_INFO_* in linux/if_link.h. Like ip(8), `kind` is written without a NUL. */
function table(data: Codec<unknown>): Codec<LinkInfo> {
  return attrs({ kind: [1, chars], data: [2, data], portKind: [4, cstring] });
}
