import { attrs, type Infer, ignored, type UnknownAttr, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { FilterKind } from './kind.ts';

/** All packets of a place go to a class, or have the actions that `unknown` holds as they came. */
export interface MatchallFilter {
  /** The class: 0x10002 is `1:2`. */
  readonly classid?: number;
  /** Only the NIC, or only the kernel, does it; both unless told. */
  readonly skip?: 'hw' | 'sw';
  /** Among others the actions: sent as they are. */
  readonly unknown?: readonly UnknownAttr[];
}

// TCA_MATCHALL_* in linux/pkt_cls.h; PCNT counts
const options = attrs({ classid: [1, u32], flags: [3, u32], pcnt: [4, ignored], pad: [5, ignored] });

/** Matches every packet. */
export const matchall: FilterKind<Infer<typeof options>, MatchallFilter> = {
  kind: 'matchall',
  options,
  fields: { classid: 'classid', flags: 'skip' },
  view: ({ classid, flags = 0, unknown }) =>
    compact({
      classid,
      skip: skipOf(flags),
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

/** TCA_CLS_FLAGS_SKIP_* in linux/pkt_cls.h */
const skips = { hw: 1, sw: 2 } as const;
