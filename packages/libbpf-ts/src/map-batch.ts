import { isErrno, SystemError } from '@tsnctl/linux';
import { ElementCall } from './element-call.ts';
import { batchCall, type Walked } from './map-walk.ts';

/** So many elements a system call. */
const CHUNK = 4096;

type Coded = readonly [key: Uint8Array, values: Uint8Array];

/** Set entries that are bytes already: how many. */
export function setMany(map: Walked, entries: Iterable<Coded>): number {
  const all = [...entries]; // all of them fit their types, or none is set
  let done = 0;
  while (done < all.length) {
    const chunk = all.slice(done, done + CHUNK);
    const keys = joined(chunk.map(([key]) => key));
    const values = joined(chunk.map(([, value]) => value));
    const outcome = batchCall('MAP_UPDATE_BATCH', { ...attrOf(map, chunk.length), keys, values });
    if (outcome.error !== undefined && isUnknown(outcome.error)) {
      for (const entry of chunk) {
        setOne(map, entry, { done, of: all.length });
        done++;
      }
      continue;
    }
    done += outcome.count;
    if (outcome.error !== undefined) throw refused(map, outcome.error, { done, of: all.length });
  }
  return done;
}

/** Delete keys that are bytes already: how many there were. */
export function deleteMany(map: Walked, keys: readonly Uint8Array[]): number {
  let deleted = 0;
  let at = 0;
  while (at < keys.length) {
    const chunk = keys.slice(at, at + CHUNK);
    const { count, error } = batchCall('MAP_DELETE_BATCH', {
      ...attrOf(map, chunk.length),
      keys: joined(chunk),
      values: null,
    });
    if (error !== undefined && isUnknown(error)) {
      for (const key of chunk) deleted += deleteOne(map, key);
      at += chunk.length;
      continue;
    }
    if (error !== undefined && !isErrno(error, 'ENOENT')) throw error;
    deleted += count;
    at += error === undefined ? chunk.length : count + 1; // the one after is not there
  }
  return deleted;
}

function attrOf({ fd }: Walked, count: number) {
  return { inBatch: null, outBatch: null, count, mapFd: fd };
}

/** A kernel before 5.6, or a type without batches. EINVAL is also the answer to a bad element: one by one tells. */
function isUnknown(error: unknown): boolean {
  return isErrno(error, 'EINVAL', 'ENOTSUPP', 'EOPNOTSUPP', 'ENOTSUP');
}

function setOne(map: Walked, [key, value]: Coded, progress: Progress): void {
  const call = new ElementCall(key.length, value.length);
  call.key.set(key);
  call.value.set(value);
  try {
    call.run('MAP_UPDATE_ELEM', map.fd);
  } catch (error) {
    throw refused(map, error, progress);
  }
}

function deleteOne(map: Walked, key: Uint8Array): number {
  const call = new ElementCall(key.length, 0);
  call.key.set(key);
  try {
    call.run('MAP_DELETE_ELEM', map.fd);
    return 1;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}

interface Progress {
  readonly done: number;
  readonly of: number;
}

function refused(map: Walked, error: unknown, { done, of }: Progress): unknown {
  if (!(error instanceof SystemError)) return error;
  const full = error.code === 'E2BIG' ? `, the map has room for ${map.maxEntries}` : '';
  const message = `${map.name}: ${done} of ${of} entries were set, the next was refused${full}: ${error.message}`;
  return new SystemError(
    'bpf',
    error.errno,
    error.hint === undefined ? { message } : { message, hint: error.hint },
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts[0]?.length ?? 0;
  const all = new Uint8Array(size * parts.length);
  for (const [at, part] of parts.entries()) all.set(part, at * size);
  return all;
}
