import { TsnctlError } from '@tsnctl/codec';
import { describePriorities, formatPriorities } from '@tsnctl/netlink';

/** What a pod may ask of the NIC. Priorities are 0 to 15; 0 is ordinary traffic and always allowed. */
export interface Policy {
  /** Requested priorities that are granted as they are. */
  allow: readonly number[];
  /** Requested priority -> the one that is sent instead. */
  remap: Readonly<Record<number, number>>;
  /** Launch times (SO_TXTIME) up to this far ahead are granted; 0n: none. */
  horizonNs: bigint;
}

/** What the programs read, struct policy in bpf/tables.h. */
export interface PolicyRow {
  priorities: bigint;
  horizon_ns: bigint;
}

export const DEFAULT_HORIZON_NS = 10_000_000_000n;
const PRIORITIES = Array.from({ length: 15 }, (_, at) => at + 1);

/** One nibble per requested priority: what it is sent as, 0 where it is denied. */
export function policyRow(policy: Policy): PolicyRow {
  const sent = sentAs(policy);
  let priorities = 0n;
  for (const asked of PRIORITIES) priorities |= BigInt(sent(asked)) << BigInt(asked * 4);
  return { priorities, horizon_ns: policy.horizonNs };
}

/** The policy that a row stands for. */
export function policyOfRow(row: PolicyRow): Policy {
  const sent = (asked: number) => Number((row.priorities >> BigInt(asked * 4)) & 15n);
  const remapped = PRIORITIES.filter((asked) => sent(asked) !== 0 && sent(asked) !== asked);
  return {
    allow: PRIORITIES.filter((asked) => sent(asked) === asked),
    remap: Object.fromEntries(remapped.map((asked) => [asked, sent(asked)])),
    horizonNs: row.horizon_ns,
  };
}

export function samePolicy(a: Policy, b: Policy): boolean {
  const [left, right] = [policyRow(a), policyRow(b)];
  return left.priorities === right.priorities && left.horizon_ns === right.horizon_ns;
}

/** Send what is not granted as the highest priority below it that is, instead of 0. */
export function clamp(policy: Policy): Policy {
  const remap = { ...policy.remap };
  for (const asked of PRIORITIES) {
    const below = policy.allow.filter((priority) => priority < asked);
    if (policy.allow.includes(asked) || asked in remap || below.length === 0) continue;
    remap[asked] = Math.max(...below);
  }
  return { ...policy, remap };
}

/** What both grant: where two have a say, the stricter wins. */
export function stricter(a: Policy, b: Policy): Policy {
  const [one, other] = [sentAs(a), sentAs(b)];
  const both = PRIORITIES.filter((asked) => one(asked) !== 0 && one(asked) === other(asked));
  const remapped = both.filter((asked) => one(asked) !== asked);
  return {
    allow: both.filter((asked) => one(asked) === asked),
    remap: Object.fromEntries(remapped.map((asked) => [asked, one(asked)])),
    horizonNs: a.horizonNs < b.horizonNs ? a.horizonNs : b.horizonNs,
  };
}

/** What a requested priority is sent as; 0 where it is denied. */
function sentAs({ allow, remap }: Policy): (asked: number) => number {
  return (asked) => remap[asked] ?? (allow.includes(asked) ? asked : 0);
}

/** Refuse a policy that says two things at once. @throws TsnctlError BAD_POLICY */
export function checkPolicy({ allow, remap }: Policy): void {
  for (const [asked, sent] of Object.entries(remap).map(([key, value]) => [Number(key), value] as const)) {
    if (allow.includes(asked)) {
      throw new TsnctlError('BAD_POLICY', `priority ${asked} is both allowed and remapped to ${sent}`, {
        hint: `one of the two: --allow without ${asked}, or --remap without ${asked}=${sent}`,
      });
    }
    if (!allow.includes(sent)) {
      throw new TsnctlError('BAD_POLICY', `priority ${asked} is remapped to ${sent}, which is not allowed`, {
        hint: `--allow ${formatPriorities([...allow, sent].sort((a, b) => a - b))}`,
      });
    }
  }
}

/** Read a list of priorities, as `formatPriorities` writes it: `3,5-6`. */
export function parsePriorities(text: string): number[] {
  const priorities = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? first);
    if (!match || first < 1 || last > 15 || first > last) throw badPriorities(text, part);
    for (let priority = first; priority <= last; priority++) priorities.add(priority);
  }
  return [...priorities].sort((a, b) => a - b);
}

/** Read remappings: `6=3,7=3`. */
export function parseRemap(text: string): Record<number, number> {
  const remap: Record<number, number> = {};
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)\s*=\s*(\d+)\s*$/.exec(part);
    const [from, to] = [Number(match?.[1]), Number(match?.[2])];
    if (!match || !isPriority(from) || !isPriority(to)) throw badRemap(text, part);
    if (remap[from] !== undefined && remap[from] !== to) {
      throw new TsnctlError('USAGE', `priority ${from} is remapped to ${remap[from]} and to ${to}`, {
        hint: `one of the two: --remap ${from}=${to}`,
      });
    }
    remap[from] = to;
  }
  return remap;
}

/** Read a length of time: `500us`, `20ms`, `2s`; nanoseconds. */
export function parseDuration(text: string): bigint {
  const match = /^(\d+)(ns|us|ms|s)$/.exec(text);
  const unit = { ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n }[match?.[2] ?? ''];
  const ns = match && unit ? BigInt(match[1] ?? 0) * unit : 0n;
  if (ns <= 0n || ns > MAX_HORIZON_NS) {
    throw new TsnctlError('USAGE', `"${text}" is not a horizon`, {
      hint: 'a number and a unit, from 1ns to 31536000s: 500us, 20ms, 10s',
    });
  }
  return ns;
}

const MAX_HORIZON_NS = 31_536_000n * 1_000_000_000n;

/** As one line for people: `priorities 3,5-6, 7 as 3, launch time up to 10s ahead`. */
export function describePolicy(policy: Policy): string {
  const remap = Object.entries(policy.remap).map(([from, to]) => `${from} as ${to}`);
  const parts = [
    policy.allow.length > 0 ? describePriorities(policy.allow) : '',
    ...remap,
    policy.horizonNs > 0n ? `launch time up to ${formatDuration(policy.horizonNs)} ahead` : '',
  ].filter((part) => part !== '');
  return parts.join(', ') || 'nothing';
}

export function formatDuration(ns: bigint): string {
  for (const [unit, size] of [
    ['s', 1_000_000_000n],
    ['ms', 1_000_000n],
    ['us', 1_000n],
  ] as const) {
    if (ns % size === 0n) return `${ns / size}${unit}`;
  }
  return `${ns}ns`;
}

function isPriority(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 15;
}

function badPriorities(text: string, part: string): TsnctlError {
  return new TsnctlError('USAGE', `"${text}" is not a list of priorities: "${part.trim()}"`, {
    hint: 'numbers 1 to 15 or ranges of them: 3,5-6 (priority 0 is always allowed)',
  });
}

function badRemap(text: string, part: string): TsnctlError {
  return new TsnctlError('USAGE', `"${text}" is not a list of remappings: "${part.trim()}"`, {
    hint: 'ASKED=SENT with priorities 1 to 15: 6=3 or 6=3,7=3',
  });
}
