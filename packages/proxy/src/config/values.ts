import * as z from 'zod';
import { parseDuration, parsePriorities, parseRemap } from '../policy.ts';

/** A text that `parse` understands; what it refuses is said with its own sentence and mend. */
function parsed<T>(parse: (text: string) => T) {
  return z.union([z.string(), z.int()]).transform((value, context): T => {
    try {
      return parse(String(value));
    } catch (error) {
      const { message, hint } = error as Error & { hint?: string };
      context.issues.push({ code: 'custom', input: value, message, params: { hint } });
      return z.NEVER;
    }
  });
}

/** A check of a whole value by throwing: the error's `path` and `hint` say where and what to do. */
export function refine<T>(check: (value: T) => void): (context: z.core.ParsePayload<T>) => void {
  return (context) => {
    try {
      check(context.value);
    } catch (error) {
      const { message, hint, path = [] } = error as Error & { hint?: string; path?: PropertyKey[] };
      context.issues.push({ code: 'custom', input: context.value, message, path, params: { hint } });
    }
  };
}

/** `3,5-6`, or 3. */
export const priorities = parsed(parsePriorities).meta({ form: '`3,5-6`' });
/** `6=3,7=3` */
export const remappings = parsed(parseRemap).meta({ form: '`6=3`' });
/** `500us`, `20ms`, `10s`; nanoseconds. */
export const horizon = parsed(parseDuration).meta({ form: '`500us`, `20ms`, `10s`' });

/** IFNAMSIZ with its NUL in linux/if.h, dev_valid_name() in net/core/dev.c */
export const interfaceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[^/:\s]{1,15}$/, 'is no name of an interface')
  .meta({ form: 'a name, `eth1`' });

/** A text in which `*` stands for anything. */
export const pattern = z.string().min(1).max(253).meta({ form: 'a pattern, `web-*`' });

export const path = z
  .string()
  .regex(/^\/[^\0]*$/, 'is no absolute path')
  .meta({ form: 'an absolute path' });

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 500 * 3_600_000; // setTimeout takes no more than 596 hours

/** `30s`, `10m`, `24h`; milliseconds. */
export function interval(leastMs: number) {
  return parsed((text) => {
    const [, count, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
    const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
    if (ms >= leastMs && ms <= LONGEST_MS) return ms;
    throw Object.assign(new Error(`"${text}" is no such time`), {
      hint: `a number and a unit, at least ${describeMs(leastMs)} and at most 500h: 30s, 10m, 24h`,
    });
  }).meta({ form: '`30s`, `10m`, `24h`' });
}

function describeMs(ms: number): string {
  const unit = (['h', 'm', 's'] as const).find((it) => ms % (UNITS[it] ?? 1) === 0) ?? 'ms';
  return `${ms / (UNITS[unit] ?? 1)}${unit}`;
}
