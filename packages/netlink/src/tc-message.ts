import { attrs, type Codec, cstring, type Infer, i32, ignored, rest, struct, u8, u32 } from '@tsnctl/codec';
import { kinded } from './kinded.ts';
import { tcStats } from './tc-stats.ts';

interface TcAttributes {
  kind?: string | undefined;
  options?: unknown;
  stats?: Infer<ReturnType<typeof tcStats>> | undefined;
  chain?: number | undefined;
  hwOffload?: number | undefined;
  unknown?: readonly { type: number; bytes: Uint8Array }[] | undefined;
}

const TCA_KIND = 1; // linux/rtnetlink.h

interface Row {
  readonly kind: string;
  readonly options?: Codec<unknown>;
  readonly appStats?: Codec<unknown>;
}

/** The body of all messages about qdiscs, classes and filters; `options` and statistics are laid out by the kind's row. */
export function tcMessage(rows: Iterable<Row>) {
  const codecs = [...rows].flatMap((row) =>
    row.options || row.appStats ? [[row.kind, table(row)] as const] : [],
  );
  // struct tcmsg in linux/rtnetlink.h
  return struct({
    family: u8,
    index: i32,
    handle: u32,
    parent: u32,
    info: u32,
    attrs: kinded(TCA_KIND, table({}), new Map(codecs)),
  });
}

/** TCA_* in linux/rtnetlink.h */
function table({ options = rest, appStats = rest }: Partial<Row>): Codec<TcAttributes> {
  return attrs({
    kind: [1, cstring],
    options: [2, options],
    oldStats: [3, ignored], // struct tc_stats: less than what `stats` has
    stats: [7, tcStats(appStats)],
    chain: [11, u32],
    hwOffload: [12, u8],
  });
}
