import * as z from 'zod';
import { parseQuantity, type Quantity, refuse, whyNot } from './units.ts';

interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** A number with a unit, in its base unit. */
export function quantity(of: Quantity, { min, max }: Range) {
  return z.union([z.string(), z.number()], { error: `not ${of.what}` }).transform((value, context) => {
    const found =
      typeof value === 'string' || of.bare !== undefined ? parseQuantity(of, String(value)) : undefined;
    if (found !== undefined && found >= min && found <= max) return found;
    const base = Object.keys(of.units)[0];
    refuse(
      context,
      found === undefined
        ? whyNot(of, value)
        : { message: `${value} is out of range`, hint: `${min}${base} to ${max}${base}` },
    );
    return z.NEVER;
  });
}

/** A whole number of a range. */
export function whole(min: number, max: number) {
  return z.number().transform((value, context) => {
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    refuse(context, { message: `${value} does not fit`, hint: `a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

export function flag() {
  return z.boolean();
}

export function choice<const T extends readonly [string, ...string[]] | readonly string[]>(values: T) {
  return z.enum(values as unknown as [T[number], ...T[number][]]);
}
