import { attrs, type Infer, ignored, type UnknownAttr, u32, u64 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { FilterKind } from './kind.ts';

/** All packets of a place go to a class, or have the actions that `unknown` holds as they came. */
export interface MatchallFilter {
  /** The class: 0x10002 is `1:2`. */
  readonly classid?: number;
  /** Only the NIC, or only the kernel, does it; both unless told. */
  readonly skip?: 'hw' | 'sw';
  /** The NIC does it; only told. */
  readonly inHw?: boolean;
  /** How many packets it has matched; only told. */
  readonly hits?: bigint;
  /** Among others the actions: sent as they are. */
  readonly unknown?: readonly UnknownAttr[];
}

// TCA_MATCHALL_* in linux/pkt_cls.h
const options = attrs({ classid: [1, u32], flags: [3, u32], hits: [4, u64], pad: [5, ignored] });

/** Matches every packet. */
export const matchall: FilterKind<Infer<typeof options>, MatchallFilter> = {
  kind: 'matchall',
  options,
  fields: { classid: 'classid', flags: 'skip' },
  view: ({ classid, flags = 0, hits, unknown }) =>
    compact({
      classid,
      skip: skipOf(flags),
      inHw: flags & TCA_CLS_FLAGS_IN_HW ? true : undefined,
      hits,
      unknown,
    }),
};

export function matchallOptions({ classid, skip, unknown }: MatchallFilter) {
  return { classid, unknown, flags: skip && skips[skip] };
}

function skipOf(flags: number): MatchallFilter['skip'] {
  if (flags & skips.hw) return 'hw';
  return flags & skips.sw ? 'sw' : undefined;
}

const TCA_CLS_FLAGS_IN_HW = 4; // linux/pkt_cls.h

/** TCA_CLS_FLAGS_SKIP_* in linux/pkt_cls.h */
const skips = { hw: 1, sw: 2 } as const;
