import { attrs, type Codec, mapped, struct, type UnknownAttr, u32, u64 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import { refuse } from '../refuse.ts';
import { words } from '../words.ts';
import type { QdiscKind } from './kind.ts';
import {
  accountingWords,
  bytesOf,
  checkRate,
  fitting,
  noRate,
  type RateAccounting,
  rateSpec,
  rateTable,
  readAccounting,
  readRate,
  ticksOf,
  writeRate,
} from './rate.ts';

/** tc-tbf(8). Rates are in bytes a second. */
export interface TbfOptions extends RateAccounting {
  readonly rateBps: bigint;
  /** What may leave at once. */
  readonly burstBytes: number;
  /** What may wait. */
  readonly limitBytes: number;
  /** How fast a burst leaves; then `mtuBytes` is what may leave at once even so: at least one packet. */
  readonly peakRateBps?: bigint;
  readonly mtuBytes?: number;
  readonly unknown?: readonly UnknownAttr[];
}

/** Token bucket: no faster than a rate, but for bursts. */
export const tbf: QdiscKind<TbfOptions> = {
  kind: 'tbf',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  options: options(),
  check: (spec) => {
    checkRate(spec.rateBps);
    for (const name of ['burstBytes', 'limitBytes'] as const) {
      if (spec[name] === undefined) refuse(`options.${name}`, 'tbf needs it', 'a number above 0');
    }
    if ((spec.peakRateBps === undefined) !== (spec.mtuBytes === undefined)) {
      refuse('options.mtuBytes', 'it goes with a peak rate', 'both peakRateBps and mtuBytes, or neither');
    }
  },
  fields: { 'params.*': '', rate64: 'rateBps', peakRate64: 'peakRateBps' },
  words: (spec) => [
    ...words({
      rate: `${spec.rateBps}bps`,
      burst: spec.burstBytes,
      limit: spec.limitBytes,
      peakrate: spec.peakRateBps === undefined ? undefined : `${spec.peakRateBps}bps`,
      mtu: spec.mtuBytes,
    }),
    ...accountingWords(spec),
  ],
};

function options(): Codec<TbfOptions> {
  // struct tc_tbf_qopt and TCA_TBF_* in linux/pkt_sched.h
  const params = struct({ rate: rateSpec, peakRate: rateSpec, limitBytes: u32, buffer: u32, mtu: u32 });
  const table = attrs({
    params: [1, params],
    rateTable: [2, rateTable],
    peakTable: [3, rateTable],
    rate64: [4, u64],
    peakRate64: [5, u64],
    burstBytes: [6, u32],
    peakBurstBytes: [7, u32],
  });
  return mapped(
    table,
    ({ params, rate64, peakRate64, unknown }, fail) => {
      if (params === undefined) return fail('the parameters are missing');
      const { rate, peakRate, limitBytes, buffer, mtu } = params;
      const rateBps = readRate(rate, rate64);
      const peakRateBps = readRate(peakRate, peakRate64) || undefined;
      return compact({
        rateBps,
        burstBytes: bytesOf(rateBps, buffer),
        limitBytes,
        peakRateBps,
        mtuBytes: peakRateBps === undefined ? undefined : bytesOf(peakRateBps, mtu),
        ...readAccounting(rate),
        unknown,
      });
    },
    (spec) => {
      const { rateBps, burstBytes, limitBytes, peakRateBps, mtuBytes = 0, unknown } = spec;
      const rate = writeRate(rateBps, spec);
      const peak = peakRateBps === undefined ? noRate : writeRate(peakRateBps, spec);
      return {
        params: {
          rate: rate.spec,
          peakRate: peak.spec,
          limitBytes,
          buffer: ticksOf(fitting(rateBps), burstBytes),
          mtu: peakRateBps === undefined ? 0 : ticksOf(fitting(peakRateBps), mtuBytes),
        },
        burstBytes,
        rate64: rate.rate64,
        rateTable: rate.table,
        peakBurstBytes: peakRateBps === undefined ? undefined : mtuBytes,
        peakRate64: peak.rate64,
        peakTable: peak.table,
        unknown,
      };
    },
  );
}
