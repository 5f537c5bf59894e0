import * as z from 'zod';
import { parseQuantity, refuse, size } from './units.ts';
import { MIN_FRAME_BYTES } from './wire-time.ts';

/** Of priorities, and of traffic classes: TC_QOPT_BITMASK and TC_QOPT_MAX_QUEUE in linux/pkt_sched.h. */
export const MAX_CLASSES = 16;
const MAX_QUEUE = 0xffff;

/** `classes` of a file. */
export function classes<Etf extends z.ZodType, Cbs extends z.ZodType>(etf: Etf, cbs: Cbs) {
  return z
    .array(
      z.strictObject({
        name: z.string().regex(/^[^\s,]{1,32}$/, 'a name has no blanks or commas, and at most 32 letters'),
        priorities: priorities().default([]),
        queues: queues().default({ count: 1 }),
        maxFrame: z.union([z.string(), z.number()]).transform(maxFrame).optional(),
        etf: etf.optional(),
        cbs: cbs.optional(),
      }),
    )
    .max(MAX_CLASSES, `more than ${MAX_CLASSES} classes`);
}

/** `[0, 3-5]`, `3-5` or `6`. */
function priorities() {
  const one = z.union([z.int(), z.string()]);
  return z.union([one, z.array(one)]).transform((value, context) => {
    const parts = Array.isArray(value) ? value : String(value).split(',');
    const found = parts.flatMap((part, at) => {
      const [, first, last = first] = /^\s*(\d{1,2})\s*(?:-\s*(\d{1,2}))?\s*$/.exec(String(part)) ?? [];
      const [from, to] = [Number(first), Number(last)];
      if (first !== undefined && from <= to && to < MAX_CLASSES)
        return Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
      refuse(context, {
        message: `"${part}" is no priority`,
        hint: 'numbers from 0 to 15, and ranges of them: 0-2,5',
        path: Array.isArray(value) ? [at] : [],
      });
      return [];
    });
    return [...new Set(found)].toSorted((a, b) => a - b);
  });
}

/** `2`: so many after those of the class before; `2@1`: so many from TX queue 1 on, as tc(8) writes it. */
function queues() {
  return z.union([z.int(), z.string()]).transform((value, context) => {
    const [, count, first] = /^(\d{1,5})(?:@(\d{1,5}))?$/.exec(String(value)) ?? [];
    if (count !== undefined && Number(count) > 0 && Number(count) + Number(first ?? 0) <= MAX_QUEUE)
      return { count: Number(count), ...(first !== undefined && { first: Number(first) }) };
    refuse(context, {
      message: `"${value}" is no range of TX queues`,
      hint: 'how many: 2; or how many from which on: 2@1',
    });
    return z.NEVER;
  });
}

function maxFrame(value: string | number, context: z.core.$RefinementCtx): number {
  const bytes = parseQuantity(size, String(value));
  if (bytes !== undefined && bytes >= MIN_FRAME_BYTES && bytes <= 65_535) return Number(bytes);
  refuse(context, {
    message: `${JSON.stringify(value)} is no size of a frame`,
    hint: `${MIN_FRAME_BYTES} to 65535 bytes, from the addresses to the checksum: 256, 1522B`,
  });
  return z.NEVER;
}
