import { setTimeout as sleep } from 'node:timers/promises';
import type { BpfMap } from 'libbpf-ts';
import { compact, dumpMap, type MapEntry } from './map.ts';

/** What is different from one look to the next; the first look has all as added. */
export interface MapChange {
  readonly look: number;
  readonly added: readonly MapEntry[];
  readonly changed: readonly (MapEntry & { readonly before: unknown })[];
  readonly removed: readonly MapEntry[];
}

/** Looks that found something different, until `looks` are made or `until` comes. */
export async function* watchMap(
  map: BpfMap,
  {
    interval,
    looks = Number.POSITIVE_INFINITY,
    until,
  }: { interval: number; looks?: number; until: Promise<unknown> },
): AsyncGenerator<MapChange, void> {
  let stopped = false;
  const stop = new AbortController();
  void until.then(() => {
    stopped = true;
    stop.abort();
  });
  let before = new Map<string, MapEntry>();
  for (let look = 1; look <= looks && !stopped; look++) {
    const now = new Map(dumpMap(map).entries.map((entry) => [compact(entry.key), entry]));
    const change = compare(look, before, now);
    if (look === 1 || change.added.length + change.changed.length + change.removed.length > 0) yield change;
    before = now;
    if (look < looks) await sleep(interval, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function compare(
  look: number,
  before: ReadonlyMap<string, MapEntry>,
  now: ReadonlyMap<string, MapEntry>,
): MapChange {
  const added: MapEntry[] = [];
  const changed: (MapEntry & { before: unknown })[] = [];
  for (const [key, entry] of now) {
    const old = before.get(key);
    if (!old) added.push(entry);
    else if (compact(shownValue(old)) !== compact(shownValue(entry)))
      changed.push({ ...entry, before: shownValue(old) });
  }
  const removed = [...before].filter(([key]) => !now.has(key)).map(([, entry]) => entry);
  return { look, added, changed, removed };
}

function shownValue({ value, values }: MapEntry): unknown {
  return values ?? value;
}

/** A line for each: `+ key: value`, `~ key: before -> value`, `- key: value`; of objects only the fields that changed. */
export function renderChange({ added, changed, removed }: MapChange): string {
  return [
    ...added.map((entry) => `+ ${compact(entry.key)}: ${compact(shownValue(entry))}\n`),
    ...changed.map((entry) => `~ ${compact(entry.key)}: ${difference(entry.before, shownValue(entry))}\n`),
    ...removed.map((entry) => `- ${compact(entry.key)}: ${compact(shownValue(entry))}\n`),
  ].join('');
}

function difference(before: unknown, now: unknown, name = ''): string {
  if (isObject(before) && isObject(now)) {
    return Object.entries(now)
      .filter(([field, value]) => compact(value) !== compact(before[field]))
      .map(([field, value]) => difference(before[field], value, name ? `${name}.${field}` : field))
      .join(', ');
  }
  const label = name ? `${name} ` : '';
  const more = isNumber(before) && isNumber(now) ? ` (${signed(BigInt(now) - BigInt(before))})` : '';
  return `${label}${compact(before)} -> ${compact(now)}${more}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
}

function signed(value: bigint): string {
  return value > 0n ? `+${value}` : `${value}`;
}
