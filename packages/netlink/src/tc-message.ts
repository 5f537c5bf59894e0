import { attrs, type Codec, cstring, i32, rest, struct, u8, u32 } from '@tsnctl/codec';
import { kinded } from './kinded.ts';

interface TcAttributes {
  kind?: string | undefined;
  options?: unknown;
  chain?: number | undefined;
  hwOffload?: number | undefined;
  unknown?: readonly { type: number; bytes: Uint8Array }[] | undefined;
}

/** The body of all messages about qdiscs and filters; `options` are laid out by the kind's row. */
export function tcMessage(rows: Iterable<{ readonly kind: string; readonly options?: Codec<unknown> }>) {
  const codecs = [...rows].flatMap(({ kind, options }) => (options ? [[kind, table(options)] as const] : []));
  // struct tcmsg in linux/rtnetlink.h
  return struct({
    family: u8,
    index: i32,
    handle: u32,
    parent: u32,
    info: u32,
    attrs: kinded(table(rest), new Map(codecs)),
  });
}

/** TCA_* in linux/rtnetlink.h */
function table(options: Codec<unknown>): Codec<TcAttributes> {
  return attrs({ kind: [1, cstring], options: [2, options], chain: [11, u32], hwOffload: [12, u8] });
}
