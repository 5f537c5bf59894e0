import type { JsonObject } from '../json-type.ts';
import { memberAt, placesIn, textAt } from './json-places.ts';
import { entryText } from './list-text.ts';
import type { ConfFile } from './model.ts';

/** The key by which a list of ours is known, with the name of the file that it was made from. */
const MADE_FROM = 'tsnctl.dev/made-from';

/**
 * The list of ours that takes the place of a .conf. `-` sorts before `.`, so this name comes right before
 * the other one, and behind every file that the runtime would prefer to it.
 */
export function ownListName(conf: string): string {
  return `${conf.replace(/\.(conf|json)$/, '')}-tsnctl.conflist`;
}

/** The .conf as a list with our entry behind it. Its text stays as it is, and it had no drop-ins: so neither has this. */
export function ownList({ name, bytes }: ConfFile, entry: JsonObject): Uint8Array {
  const root = placesIn(bytes);
  const copied = ['cniVersion', 'name'].flatMap((key) => {
    const place = memberAt(root, key);
    return place ? [`  "${key}": ${textAt(bytes, place)},\n`] : [];
  });
  const head = `{\n${copied.join('')}  "${MADE_FROM}": ${JSON.stringify(name)},\n  "loadOnlyInlinedPlugins": true,\n  "plugins": [\n    `;
  const parts = [head, bytes.subarray(root.start, root.end), `,\n    ${entryText(entry)}\n  ]\n}\n`];
  const chunks = parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part));
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

export function isOwnList(file: ConfFile): boolean {
  return madeFrom(file) !== undefined;
}

/** The file that a list of ours was made from. One that a crash has cut short is known by its name. */
export function madeFrom({ name, bytes }: ConfFile): string | undefined {
  const [, stem] = /^(.+)-tsnctl\.conflist(?:\.cilium_bak)?$/.exec(name) ?? [];
  if (stem === undefined) return undefined;
  try {
    const place = memberAt(placesIn(bytes), MADE_FROM);
    const value = place && (JSON.parse(textAt(bytes, place)) as unknown);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return `${stem}.conf`;
  }
}
