import type * as z from 'zod';

/** A number with a unit, as people write it: `125us`, `1.5ms`, `100Mbit`, `1522B`. */
export interface Quantity {
  /** What a value is called in messages: `a duration`. */
  readonly what: string;
  /** How many of the base unit each unit is. */
  readonly units: Readonly<Record<string, bigint>>;
  readonly examples: string;
  /** The unit of a number that has none; without it a number alone is refused. */
  readonly bare?: string;
}

export const duration: Quantity = {
  what: 'a duration',
  units: { ns: 1n, us: 1_000n, µs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n },
  examples: 'a number and a unit: 500ns, 125us, 1.5ms, 2s',
};

/** As tc(8) has them: bits a second, in powers of ten. */
export const rate: Quantity = {
  what: 'a rate',
  units: {
    bit: 1n,
    kbit: 1_000n,
    Kbit: 1_000n,
    Mbit: 1_000_000n,
    mbit: 1_000_000n,
    Gbit: 1_000_000_000n,
    gbit: 1_000_000_000n,
    Tbit: 1_000_000_000_000n,
  },
  examples: 'a number and a unit: 500kbit, 100Mbit, 2.5Gbit',
};

export const size: Quantity = {
  what: 'a size',
  units: { B: 1n, kB: 1_000n, KB: 1_000n, KiB: 1_024n, bytes: 1n },
  examples: 'bytes: 128, 1522B, 9kB',
  bare: 'B',
};

/** What a text stands for, in the base unit and exactly; undefined where it is none. */
export function parseQuantity({ units, bare }: Quantity, text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', unit] =
    /^\s*(-?)(\d{1,30})(?:\.(\d{1,12}))?\s*([A-Za-zµ]*)(?:\/s)?\s*$/.exec(text) ?? [];
  const name = unit || bare;
  const factor = name !== undefined && Object.hasOwn(units, name) ? units[name] : undefined;
  if (unit === undefined || factor === undefined) return undefined;
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * factor;
  if (scaled % scale !== 0n) return undefined; // less than one of the base unit
  return (sign ? -1n : 1n) * (scaled / scale);
}

/** Why a value is no such quantity, and what would be one. */
export function whyNot(quantity: Quantity, value: unknown): { message: string; hint: string } {
  const { what, units, examples, bare } = quantity;
  const plain =
    typeof value === 'number' || (typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value));
  const exact = typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value);
  if (plain && bare === undefined && exact) {
    const [first = '', second = first] = Object.keys(units).filter((unit) => unit !== 'µs');
    const number = String(value).trim();
    return { message: `${number} has no unit`, hint: `${number}${second}, or ${number}${first}` };
  }
  const [, unit] = typeof value === 'string' ? (/^\s*-?[\d.]+\s*([A-Za-zµ]+)/.exec(value) ?? []) : [];
  const message =
    unit !== undefined && !Object.hasOwn(units, unit)
      ? `"${unit}" is no unit of ${what}`
      : `${JSON.stringify(value) ?? 'nothing'} is not ${what}`;
  return { message, hint: examples };
}

/** Refuses a value in a schema's transformation. */
export function refuse(
  context: z.core.$RefinementCtx,
  { message, hint, path = [] }: { message: string; hint?: string; path?: PropertyKey[] },
): void {
  context.addIssue({ code: 'custom', message, path, params: { hint } });
}

/** 125000n as `125us`: the largest unit in which it is a whole number. */
export function formatDuration(ns: bigint | number): string {
  return formatIn(
    BigInt(ns),
    [
      ['s', 1_000_000_000n],
      ['ms', 1_000_000n],
      ['us', 1_000n],
    ],
    'ns',
  );
}

/** As `formatDuration`, but short: 12336n as `12.336us`. */
export function roughDuration(ns: bigint | number): string {
  const value = Number(ns);
  for (const [unit, size] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const) {
    if (Math.abs(value) >= size) return `${Number((value / size).toFixed(3))}${unit}`;
  }
  return `${value}ns`;
}

/** 1000000000n as `1Gbit`. */
export function formatRate(bps: bigint): string {
  return formatIn(
    bps,
    [
      ['Gbit', 1_000_000_000n],
      ['Mbit', 1_000_000n],
      ['kbit', 1_000n],
    ],
    'bit',
  );
}

function formatIn(value: bigint, units: readonly (readonly [string, bigint])[], base: string): string {
  const [unit, factor] = units.find(([, factor]) => value !== 0n && value % factor === 0n) ?? [base, 1n];
  return `${value / factor}${unit}`;
}
