import { isArray, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json-type.ts';
import { memberAt, type Place, placesIn, splice, textAt } from './json-places.ts';

/** The type by which our plugin is found in any list, and the name of its binary. */
export const OUR_TYPE = 'tsnctl';

/** Our entries in a list, by their index among its `count` plugins. */
export interface OurEntries {
  readonly indices: readonly number[];
  readonly count: number;
}

export function ourEntries(list: Uint8Array): OurEntries {
  const items = pluginPlaces(list);
  return { indices: ourIndices(list, items), count: items.length };
}

/** What our entry says, or undefined where there is none. */
export function ourEntry(list: Uint8Array): JsonObject | undefined {
  const items = pluginPlaces(list);
  const place = items[ourIndices(list, items)[0] ?? -1];
  return place && (JSON.parse(textAt(list, place)) as JsonObject);
}

/**
 * Put an entry behind the last plugin. Not one byte that was there is changed or moved: what comes in is a comma, the
 * white space that stands before the last plugin, and the entry on one line.
 */
export function appendEntry(list: Uint8Array, entry: JsonObject): Uint8Array {
  const items = pluginPlaces(list);
  const last = items.at(-1);
  if (last === undefined) throw new RangeError('a list without plugins has no place behind the last one');
  const added = new TextEncoder().encode(`,${spaceBefore(list, last.start)}${entryText(entry)}`);
  return splice(list, last.end, last.end, added);
}

/** Put another text in the place of our first entry. */
export function replaceEntry(list: Uint8Array, entry: JsonObject): Uint8Array {
  const items = pluginPlaces(list);
  const ours = items[ourIndices(list, items)[0] ?? -1];
  return ours ? splice(list, ours.start, ours.end, new TextEncoder().encode(entryText(entry))) : list;
}

/**
 * Take entries of ours out, from the last to the first: all, or all but the first. After `appendEntry` the bytes are
 * those of before it. A list of nothing but ours is left as it is.
 */
export function removeEntries(list: Uint8Array, { keepFirst = false } = {}): Uint8Array {
  const items = pluginPlaces(list);
  const ours = ourIndices(list, items);
  if (ours.length === items.length && !keepFirst) return list;
  let bytes = list;
  for (const index of ours.slice(keepFirst ? 1 : 0).reverse()) bytes = removeItem(bytes, index);
  return bytes;
}

/** An entry as it is written: on one line, so that it is seen at once whose it is. */
export function entryText(value: Json): string {
  if (isArray(value)) return `[${value.map(entryText).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${entryText(item)}`)
    .join(', ')}}`;
}

function removeItem(list: Uint8Array, index: number): Uint8Array {
  const items = pluginPlaces(list);
  const [before, item, after] = [items[index - 1], items[index], items[index + 1]];
  if (item === undefined) return list;
  if (before) return splice(list, before.end, item.end, new Uint8Array());
  return after ? splice(list, item.start, after.start, new Uint8Array()) : list;
}

function pluginPlaces(list: Uint8Array): readonly Place[] {
  return memberAt(placesIn(list), 'plugins')?.items ?? [];
}

function ourIndices(list: Uint8Array, items: readonly Place[]): number[] {
  return items.flatMap((item, at) => {
    const type = memberAt(item, 'type');
    return type && JSON.parse(textAt(list, type)) === OUR_TYPE ? [at] : [];
  });
}

function spaceBefore(list: Uint8Array, at: number): string {
  let start = at;
  while (start > 0 && /\s/.test(String.fromCharCode(list[start - 1] ?? 0))) start--;
  return textAt(list, { start, end: at });
}
