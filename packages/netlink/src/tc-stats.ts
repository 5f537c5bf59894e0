import { attrs, type Codec, rest, struct, u32, u64 } from '@tsnctl/codec';

/** What a qdisc or a class has counted since it was made. Equivalent to what tc -s shows. */
export interface TcStats {
  readonly bytes: bigint;
  readonly packets: bigint;
  readonly drops: number;
  /** How often a packet had to wait, or what else the kind counts there. */
  readonly overlimits: number;
  /** How often the driver gave a packet back. */
  readonly requeues: number;
  /** What is in it now, in bytes; `qlen` is the same in packets. */
  readonly backlog: number;
  readonly qlen: number;
  /** Bytes and packets a second, where it has an estimator. */
  readonly rate?: { readonly bytes: bigint; readonly packets: bigint };
  /** What of it the NIC did. */
  readonly hardware?: { readonly bytes: bigint; readonly packets: bigint };
  /** What only its kind counts; bytes for a kind whose counters are not read here. */
  readonly app?: unknown;
}

/** TCA_STATS2: TCA_STATS_* and structs gnet_stats_* in linux/gen_stats.h. */
export function tcStats(app: Codec<unknown> = rest): Codec<RawStats> {
  return attrs({
    basic: [1, basic],
    rateEst: [2, struct({ bps: u32, pps: u32 })],
    queue: [3, struct({ qlen: u32, backlog: u32, drops: u32, requeues: u32, overlimits: u32 })],
    app: [4, app],
    rateEst64: [5, struct({ bps: u64, pps: u64 })],
    basicHw: [7, basic],
    packets64: [8, u64],
  });
}

const basic = struct({ bytes: u64, packets: u32 });

interface RawStats {
  basic?: { bytes: bigint; packets: number } | undefined;
  rateEst?: { bps: number; pps: number } | undefined;
  queue?: { qlen: number; backlog: number; drops: number; requeues: number; overlimits: number } | undefined;
  app?: unknown;
  rateEst64?: { bps: bigint; pps: bigint } | undefined;
  basicHw?: { bytes: bigint; packets: number } | undefined;
  packets64?: bigint | undefined;
}

/** Nothing where the kernel sends none, as of a class of cbs. */
export function statsOf(raw: RawStats | undefined): TcStats | undefined {
  if (raw?.basic === undefined && raw?.queue === undefined) return undefined;
  const { basic, rateEst, rateEst64, basicHw, packets64, app } = raw;
  const { qlen = 0, backlog = 0, drops = 0, requeues = 0, overlimits = 0 } = raw.queue ?? {};
  const rate = rateEst64 ?? (rateEst && { bps: BigInt(rateEst.bps), pps: BigInt(rateEst.pps) });
  const stats: { -readonly [K in keyof TcStats]: TcStats[K] } = {
    bytes: basic?.bytes ?? 0n,
    packets: packets64 ?? BigInt(basic?.packets ?? 0), // there only when 32 bits do not hold it
    drops,
    overlimits,
    requeues,
    backlog,
    qlen,
  };
  if (rate) stats.rate = { bytes: rate.bps, packets: rate.pps };
  if (basicHw) stats.hardware = { bytes: basicHw.bytes, packets: BigInt(basicHw.packets) };
  if (app !== undefined) stats.app = app;
  return stats;
}
