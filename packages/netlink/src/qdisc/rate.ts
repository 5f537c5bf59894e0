import { array, type Codec, type Infer, i16, mapped, struct, u8, u16, u32 } from '@tsnctl/codec';
import { type Named, named } from '../named.ts';
import { refuse } from '../refuse.ts';
import { type Word, words } from '../words.ts';

/** TC_LINKLAYER_* in linux/pkt_sched.h */
const linkLayers = { unaware: 0, ethernet: 1, atm: 2 } as const;

/** What of a packet counts for a rate. */
export interface RateAccounting {
  /** Added to each packet's length: headers that the kernel does not see. */
  readonly overheadBytes?: number;
  /** A shorter packet counts as one of this length. */
  readonly mpuBytes?: number;
  /** ethernet unless told. */
  readonly linkLayer?: Named<typeof linkLayers>;
}

/** struct tc_ratespec in linux/pkt_sched.h. A rate that does not fit is all ones, and in an attribute beside it. */
export const rateSpec = struct({
  cellLog: u8,
  linkLayer: named(u8, linkLayers),
  overheadBytes: u16,
  cellAlign: i16,
  mpuBytes: u16,
  rateBps: u32,
});

type RateSpec = Infer<typeof rateSpec>;

/** A rate as it stands on the wire: in the struct, beside it where it does not fit in there, and as a table. */
interface WireRate {
  readonly spec: RateSpec;
  readonly rate64?: bigint | undefined;
  readonly table?: readonly number[] | undefined;
}

export function writeRate(rateBps: bigint, accounting: RateAccounting): WireRate {
  return {
    spec: rateSpecOf(rateBps, accounting),
    rate64: rateBps > MOST ? rateBps : undefined,
    table: rateTableOf(rateBps, accounting),
  };
}

/** No rate at all, where the struct has room for one. */
export const noRate: WireRate = {
  spec: { cellLog: 0, linkLayer: 'unaware', overheadBytes: 0, cellAlign: 0, mpuBytes: 0, rateBps: 0 },
};

export function readRate(spec: RateSpec, rate64: bigint | undefined): bigint {
  return rate64 ?? BigInt(spec.rateBps);
}

export function readAccounting({ overheadBytes, mpuBytes, linkLayer }: RateSpec): RateAccounting {
  return { overheadBytes, mpuBytes, linkLayer };
}

export function accountingWords({ overheadBytes, mpuBytes, linkLayer }: RateAccounting): readonly Word[] {
  return words({ overhead: overheadBytes, mpu: mpuBytes, linklayer: linkLayer });
}

/** Slower, a packet takes longer than the kernel can say in ticks. @throws TsnctlError SPEC */
export function checkRate(rateBps: bigint | undefined): void {
  if (!(rateBps !== undefined && rateBps >= SLOWEST)) {
    refuse('options.rateBps', `${rateBps} is no rate`, `bytes a second, from ${SLOWEST}n`);
  }
}

/** A rate as tc(8) takes it for tables, and for the burst of tbf: no more than fits into the struct. */
export function fitting(rateBps: bigint): bigint {
  return rateBps < MOST ? rateBps : MOST;
}

/** How long `bytes` take at a rate, in the kernel's ticks: rounded up, like tc(8). */
export function ticksOf(rateBps: bigint, bytes: number): number {
  return Math.ceil(1_000_000 * (bytes / Number(rateBps)) * TICKS_PER_US);
}

/** How many bytes a rate lets through in that many ticks. */
export function bytesOf(rateBps: bigint, ticks: number): number {
  return Math.trunc((Number(rateBps) * (ticks / TICKS_PER_US)) / 1_000_000);
}

/** How long a packet takes, by its length: kernels before 3.8 looked it up there, later ones want it nevertheless. */
export const rateTable: Codec<readonly number[]> = mapped(
  array(u32, 256),
  (ticks): readonly number[] => ticks,
  (ticks) => [...ticks],
);

const MOST = 0xffff_ffffn;

function rateSpecOf(rateBps: bigint, accounting: RateAccounting): RateSpec {
  const { overheadBytes = 0, mpuBytes = 0, linkLayer = 'ethernet' } = accounting;
  return {
    cellLog: CELL_LOG,
    linkLayer,
    overheadBytes,
    cellAlign: -1,
    mpuBytes,
    rateBps: Number(fitting(rateBps)),
  };
}

function rateTableOf(rateBps: bigint, { mpuBytes = 0, linkLayer }: RateAccounting): readonly number[] {
  return Array.from({ length: 256 }, (_, cell) => {
    const bytes = Math.max((cell + 1) << CELL_LOG, mpuBytes);
    return ticksOf(fitting(rateBps), linkLayer === 'atm' ? Math.ceil(bytes / ATM_PAYLOAD) * ATM_CELL : bytes);
  });
}

/** Packets of up to 2047 bytes in 256 cells of 8. */
const CELL_LOG = 3;
/** A tick is 64 ns: PSCHED_SHIFT in net/pkt_sched.h, and /proc/net/psched. */
const TICKS_PER_US = 15.625;
const SLOWEST = 8n;
const ATM_CELL = 53;
const ATM_PAYLOAD = 48;
