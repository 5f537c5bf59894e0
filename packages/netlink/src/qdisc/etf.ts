import { i32, mapped, type SizedCodec, struct, type UnknownAttr, u32 } from '@tsnctl/codec';
import { refuse } from '../refuse.ts';
import { word, words } from '../words.ts';
import { type Clock, clock } from './clock.ts';
import type { QdiscKind } from './kind.ts';
import { params } from './params.ts';

/** tc-etf(8) */
export interface EtfOptions extends EtfFields {
  readonly unknown?: readonly UnknownAttr[];
}

interface EtfFields {
  /** In which launch times are: in practice CLOCK_TAI. */
  readonly clockid: Clock;
  /** How long before its launch time a packet is handed to the NIC; 0 unless told. */
  readonly deltaNs?: number;
  /** The NIC holds the packet until its launch time. */
  readonly offload?: boolean;
  /** The launch time is a deadline: sent as soon as can be. */
  readonly deadlineMode?: boolean;
  /** Packets without a socket, such as forwarded ones, are not dropped. */
  readonly skipSockCheck?: boolean;
}

/** Earliest TxTime First: sends each packet at its launch time, in CLOCK_TAI. */
export const etf: QdiscKind<EtfOptions> = {
  kind: 'etf',
  multiClass: false,
  clock: 'tai',
  timeAware: true,
  options: params(fields()),
  check: ({ clockid }) => {
    if (clockid === undefined) refuse('options.clockid', 'etf needs a clock', "clockid: 'CLOCK_TAI'");
  },
  fields: { 'params.*': '' },
  words: ({ clockid, deltaNs, offload, deadlineMode, skipSockCheck }) => [
    ...words({ clockid, delta: deltaNs }),
    ...word('offload', offload),
    ...word('deadline_mode', deadlineMode),
    ...word('skip_sock_check', skipSockCheck),
  ],
};

/** struct tc_etf_qopt and TC_ETF_* in linux/pkt_sched.h */
function fields(): SizedCodec<EtfFields> {
  const bits = { deadlineMode: 1, offload: 2, skipSockCheck: 4 } as const;
  return mapped(
    struct({ deltaNs: i32, clockid: clock, flags: u32 }),
    ({ deltaNs, clockid, flags }) => ({
      clockid,
      deltaNs,
      offload: (flags & bits.offload) !== 0,
      deadlineMode: (flags & bits.deadlineMode) !== 0,
      skipSockCheck: (flags & bits.skipSockCheck) !== 0,
    }),
    ({ clockid, deltaNs = 0, ...flags }) => ({
      clockid,
      deltaNs,
      flags: Object.entries(bits).reduce(
        (sum, [name, bit]) => (flags[name as keyof typeof bits] ? sum | bit : sum),
        0,
      ),
    }),
  );
}
