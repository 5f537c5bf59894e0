import { type AttrTable, attrs, type Codec, cstring, type Infer, nest, u32 } from '@tsnctl/codec';
import type { FieldNames } from '../field-names.ts';
import { genlChange, genlQuery } from '../genl.ts';
import { dev } from '../link/dev.ts';
import type { NetlinkRequest } from '../request.ts';
import type { Word } from '../words.ts';

/** Which interface, and by which number: that of the protocol `ethtool`, from getGenlFamily({ name: 'ethtool' }). */
export type EthtoolTarget = { readonly family: number } & (
  | { readonly name: string }
  | { readonly index: number }
);

/** Attributes of an ethtool message: a header that names the interface, and the message's own. */
export function ethtoolAttrs<const T extends AttrTable>(own: T) {
  return attrs({ header: [1, nest(header)], ...own });
}

/** A question about one interface. `option` is the one of ethtool(8) that asks it; none is `ethtool NAME`. */
export function ethtoolQuery<V extends WithHeader, Reply>(
  target: EthtoolTarget,
  { command, option = '' }: { readonly command: number; readonly option?: string },
  codec: Codec<V>,
  view: (attrs: V) => Reply,
): NetlinkRequest<Reply> {
  const value = { header: headerOf(target) } as V; // all attributes are optional
  return genlQuery(`ethtool ${option}${deviceOf(target)}`, placeOf(target, command), codec, value, view);
}

/** A change to one interface. `flags` are ETHTOOL_FLAG_*. */
export function ethtoolChange<V extends WithHeader>(
  target: EthtoolTarget,
  row: {
    readonly command: number;
    readonly option: string;
    readonly words: readonly Word[];
    readonly fields?: FieldNames;
  },
  codec: Codec<V>,
  own: Omit<V, 'header'>,
  flags?: number,
): NetlinkRequest<void> {
  const value = { header: { ...headerOf(target), flags }, ...own } as V;
  const equivalent = [`ethtool ${row.option}${deviceOf(target)}`, ...row.words].join(' ');
  return genlChange(equivalent, placeOf(target, row.command), codec, value, { header: '', ...row.fields });
}

function headerOf(target: EthtoolTarget): Infer<typeof header> {
  return 'name' in target ? { name: target.name } : { index: target.index };
}

function deviceOf(target: EthtoolTarget): string {
  return 'name' in target ? target.name : dev(target.index);
}

function placeOf({ family }: EthtoolTarget, command: number) {
  return { family, command, version: ETHTOOL_GENL_VERSION };
}

// ETHTOOL_A_HEADER_* in linux/ethtool_netlink.h
const header = attrs({ index: [1, u32], name: [2, cstring], flags: [3, u32] });

interface WithHeader {
  header?: Infer<typeof header> | undefined;
}

const ETHTOOL_GENL_VERSION = 1; // linux/ethtool_netlink.h
