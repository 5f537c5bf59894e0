import { attrs, type Codec, mapped, struct, type UnknownAttr, u32, u64 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { words } from '../words.ts';
import type { ClassKind } from './kind.ts';
import {
  accountingWords,
  bytesOf,
  checkRate,
  type RateAccounting,
  rateSpec,
  rateTable,
  readAccounting,
  readRate,
  ticksOf,
  writeRate,
} from './rate.ts';

/** tc-htb(8). Rates are in bytes a second. */
export interface HtbClassOptions extends RateAccounting {
  /** What it gets. */
  readonly rateBps: bigint;
  /** What it gets at most, where others leave some; `rateBps` unless told. */
  readonly ceilBps?: bigint;
  /** What may leave at once, at the rate and at the ceiling. */
  readonly burstBytes?: number;
  readonly cburstBytes?: number;
  /** Among those that want what is left over: less comes first. */
  readonly prio?: number;
  /** What it sends of the left-over before another has its turn. */
  readonly quantumBytes?: number;
  /** 0 is a class without classes below; only told. */
  readonly level?: number;
  readonly unknown?: readonly UnknownAttr[];
}

export const htbClass: ClassKind<HtbClassOptions> = {
  options: options(),
  check: ({ rateBps }) => checkRate(rateBps),
  fields: { 'params.*': '', rate64: 'rateBps', ceil64: 'ceilBps' },
  words: (spec) => [
    ...words({
      rate: `${spec.rateBps}bps`,
      ceil: spec.ceilBps === undefined ? undefined : `${spec.ceilBps}bps`,
      burst: spec.burstBytes,
      cburst: spec.cburstBytes,
      prio: spec.prio,
      quantum: spec.quantumBytes,
    }),
    ...accountingWords(spec),
  ],
};

function options(): Codec<HtbClassOptions> {
  // struct tc_htb_opt and TCA_HTB_* in linux/pkt_sched.h
  const params = struct({
    rate: rateSpec,
    ceil: rateSpec,
    buffer: u32,
    cbuffer: u32,
    quantumBytes: u32,
    level: u32,
    prio: u32,
  });
  const table = attrs({
    params: [1, params],
    ceilTable: [3, rateTable],
    rateTable: [4, rateTable],
    rate64: [6, u64],
    ceil64: [7, u64],
  });
  return mapped(
    table,
    ({ params, rate64, ceil64, unknown }, fail) => {
      if (params === undefined) return fail('the parameters are missing');
      const { rate, ceil, buffer, cbuffer, quantumBytes, level, prio } = params;
      const rateBps = readRate(rate, rate64);
      const ceilBps = readRate(ceil, ceil64);
      return compact({
        rateBps,
        ceilBps,
        burstBytes: bytesOf(rateBps, buffer),
        cburstBytes: bytesOf(ceilBps, cbuffer),
        prio,
        quantumBytes,
        level,
        ...readAccounting(rate),
        unknown,
      });
    },
    (spec) => {
      const { rateBps, ceilBps = rateBps, prio = 0, quantumBytes = 0, unknown } = spec;
      const { burstBytes = burstOf(rateBps), cburstBytes = burstOf(ceilBps) } = spec;
      const rate = writeRate(rateBps, spec);
      const ceil = writeRate(ceilBps, spec);
      return {
        rate64: rate.rate64,
        ceil64: ceil.rate64,
        params: {
          rate: rate.spec,
          ceil: ceil.spec,
          buffer: ticksOf(rateBps, burstBytes),
          cbuffer: ticksOf(ceilBps, cburstBytes),
          quantumBytes,
          level: 0,
          prio,
        },
        rateTable: rate.table,
        ceilTable: ceil.table,
        unknown,
      };
    },
  );
}

/** What leaves in one tick of the kernel's timer, of a nanosecond, and one packet: tc(8)'s choice. */
function burstOf(rateBps: bigint): number {
  return Number(rateBps / 1_000_000_000n) + 1600;
}
