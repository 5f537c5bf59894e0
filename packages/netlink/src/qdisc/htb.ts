import { attrs, type Codec, flag, i32, mapped, struct, type UnknownAttr, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { word, words } from '../words.ts';
import { type HtbClassOptions, htbClass } from './htb-class.ts';
import type { QdiscKind } from './kind.ts';

/** tc-htb(8) */
export interface HtbOptions {
  /** The minor number of the class of packets that no filter and no priority sends elsewhere; 0 is none: at once. */
  readonly defaultClass?: number;
  /** A class's quantum is its rate by this, unless it has its own; 10 unless told. */
  readonly rateToQuantum?: number;
  /** How many packets without a class may wait. */
  readonly directQueuePackets?: number;
  readonly offload?: boolean;
  /** How many packets went without a class; only told. */
  readonly directPackets?: number;
  readonly unknown?: readonly UnknownAttr[];
}

/** Hierarchical token bucket: a class is chosen by priority or filter. */
export const htb: QdiscKind<HtbOptions, HtbStats, HtbClassOptions> = {
  kind: 'htb',
  multiClass: true,
  clock: 'none',
  timeAware: false,
  options: options(),
  defaults: {},
  fields: { 'init.*': '' },
  words: ({ defaultClass, rateToQuantum, directQueuePackets, offload }) => [
    ...words({
      default: defaultClass === undefined ? undefined : `0x${defaultClass.toString(16)}`,
      r2q: rateToQuantum,
      direct_qlen: directQueuePackets,
    }),
    ...word('offload', offload),
  ],
  classes: htbClass,
  appStats: struct({ lends: u32, borrows: u32, giants: u32, tokens: i32, ctokens: i32 }),
};

/** struct tc_htb_xstats in linux/pkt_sched.h, of a class. */
export interface HtbStats {
  readonly lends: number;
  readonly borrows: number;
  readonly giants: number;
  readonly tokens: number;
  readonly ctokens: number;
}

function options(): Codec<HtbOptions> {
  const VERSION = 3;
  // struct tc_htb_glob and TCA_HTB_* in linux/pkt_sched.h
  const init = struct({
    version: u32,
    rateToQuantum: u32,
    defaultClass: u32,
    debug: u32,
    directPackets: u32,
  });
  return mapped(
    attrs({ init: [2, init], directQueuePackets: [5, u32], offload: [9, flag] }),
    ({ init, ...rest }, fail) => {
      if (init === undefined) return fail('the parameters are missing');
      const { rateToQuantum, defaultClass, directPackets } = init;
      return compact({ rateToQuantum, defaultClass, directPackets, ...rest });
    },
    ({ rateToQuantum = 10, defaultClass = 0, directQueuePackets, offload, unknown }) => ({
      init: { version: VERSION, rateToQuantum, defaultClass, debug: 0, directPackets: 0 },
      directQueuePackets,
      offload,
      unknown,
    }),
  );
}
