import type { z } from 'zod';

/** Reads objects by a schema, and each object once: what is followed is asked for far more often than it changes. */
export function readOnce<T extends z.ZodType>(
  schema: T,
): (object: object) => z.ZodSafeParseResult<z.output<T>> {
  const known = new WeakMap<object, z.ZodSafeParseResult<z.output<T>>>();
  return (object) => {
    const found = known.get(object) ?? schema.safeParse(object);
    known.set(object, found);
    return found;
  };
}
