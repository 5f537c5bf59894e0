/** The carrier word as docs/how-it-works.md draws it: a second opinion on bpf/carrier.h. */
export function word({ priority = 0, clock = 0, timeNs = 0n }): bigint {
  return (1n << 62n) | (BigInt(clock) << 60n) | (BigInt(priority) << 56n) | (timeNs & ((1n << 56n) - 1n));
}

/** Bits 61:60. */
export const carrier = { none: 0, mono: 1, tai: 2, pacing: 3 } as const;
