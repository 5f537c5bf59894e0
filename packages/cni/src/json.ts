import { CniError } from './error.ts';
import type { Json, JsonObject } from './json-type.ts';

/** Deeper nesting than this is refused: no CNI document comes near it, and a parser's stack has an end. */
export const MAX_DEPTH = 128;

/** Read JSON. `what` names it in the message. @throws CniError 6 */
export function parseJson(text: string, what: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new CniError('decodingFailure', `${what} is not JSON`, { details: said, cause });
  }
  if (depthOf(text) > MAX_DEPTH) {
    throw new CniError('decodingFailure', `${what} is nested deeper than ${MAX_DEPTH}`);
  }
  return value;
}

/** Read a JSON object. @throws CniError 6 */
export function parseObject(text: string, what: string): JsonObject {
  return asObject(parseJson(text, what), what);
}

export function asObject(value: Json | undefined, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new CniError('decodingFailure', `${what} is ${kindOf(value)}, not an object`);
}

export function asArray(value: Json | undefined, what: string): readonly Json[] {
  if (isArray(value)) return value;
  throw new CniError('decodingFailure', `${what} is ${kindOf(value)}, not a list`);
}

export function asString(value: Json | undefined, what: string): string {
  if (typeof value === 'string') return value;
  throw new CniError('decodingFailure', `${what} is ${kindOf(value)}, not a string`);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A member of the object itself: `__proto__` and `constructor` are keys like any other. */
export function member(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (isArray(a) && isArray(b)) return a.length === b.length && a.every((item, at) => sameJson(item, b[at]));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return a === b;
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

// Of a text that is known to be JSON. A loop and not a regular expression, whose stack a long string would fill.
function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString && char === BACKSLASH) at++;
    else if (char === QUOTE) inString = !inString;
    else if (inString) continue;
    else if (char === BRACKET || char === BRACE) deepest = Math.max(deepest, ++depth);
    else if (char === BRACKET + 2 || char === BRACE + 2) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH, BRACKET, BRACE] = [0x22, 0x5c, 0x5b, 0x7b];
