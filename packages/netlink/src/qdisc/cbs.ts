import { bool8, i32, pad, struct, type UnknownAttr } from '@tsnctl/codec';
import { words } from '../words.ts';
import type { QdiscKind } from './kind.ts';
import { params } from './params.ts';

/** tc-cbs(8). Slopes are in kbit/s, credits in bytes. */
export interface CbsOptions {
  readonly idleslopeKbps: number;
  readonly sendslopeKbps: number;
  readonly hicreditBytes: number;
  readonly locreditBytes: number;
  readonly offload: boolean;
  readonly unknown?: readonly UnknownAttr[];
}

/** Credit-based shaper (IEEE 802.1Qav) of one queue. */
export const cbs: QdiscKind<CbsOptions> = {
  kind: 'cbs',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  // struct tc_cbs_qopt in linux/pkt_sched.h
  options: params(
    struct({
      offload: bool8,
      _pad: pad(3),
      hicreditBytes: i32,
      locreditBytes: i32,
      idleslopeKbps: i32,
      sendslopeKbps: i32,
    }),
  ),
  defaults: { idleslopeKbps: 0, sendslopeKbps: 0, hicreditBytes: 0, locreditBytes: 0, offload: false },
  fields: { 'params.*': '' },
  words: ({ idleslopeKbps, sendslopeKbps, hicreditBytes, locreditBytes, offload }) =>
    words({
      idleslope: idleslopeKbps,
      sendslope: sendslopeKbps,
      hicredit: hicreditBytes,
      locredit: locreditBytes,
      offload: Number(offload),
    }),
};
