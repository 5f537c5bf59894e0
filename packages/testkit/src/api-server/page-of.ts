import { StatusError } from './status-error.ts';
import type { Stored } from './store.ts';

interface Page {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly Stored[];
}

/** `limit` of a list and where to go on, as its query asks; a token of before a compaction has expired. @throws StatusError */
export function pageOf(
  found: readonly Stored[],
  query: URLSearchParams,
  { version, compacted }: { readonly version: number; readonly compacted: number },
): Page {
  // At a version that may be old, the API server answers from memory, and with all of it.
  const limit = query.get('resourceVersion') === '0' ? 0 : Number(query.get('limit') ?? 0);
  const token = query.get('continue') ?? '';
  const from = token === '' ? { version, start: '' } : read(token);
  if (from.version < compacted) {
    throw new StatusError(410, 'Expired', 'The provided continue parameter is too old');
  }
  const rest = found
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .filter((it) => keyOf(it) > from.start);
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const metadata = { resourceVersion: `${from.version}` };
  if (!last || items.length === rest.length) return { metadata, items };
  const next = Buffer.from(JSON.stringify({ version: from.version, start: keyOf(last) })).toString(
    'base64url',
  );
  return { metadata: { ...metadata, continue: next, remainingItemCount: rest.length - items.length }, items };
}

function keyOf({ metadata: { namespace = '', name } }: Stored): string {
  return `${namespace}/${name}`;
}

function read(token: string): { version: number; start: string } {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw new StatusError(400, 'BadRequest', 'continue key is not valid');
  }
}
