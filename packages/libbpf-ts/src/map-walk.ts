import { TsnctlError } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';
import { batchAttr } from './attr.ts';
import { bpfOutcome } from './bpf.ts';
import { ElementCall } from './element-call.ts';
import type { MapLayout } from './map-layout.ts';

/** Some entries as they lie in memory: key n at `n * keySize`, its values at `n * valueStride`, one for each CPU. */
export interface MapBatch {
  readonly count: number;
  /** Overwritten when the next batch is asked for. */
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly keySize: number;
  /** From one key's values to the next, in bytes. */
  readonly valueStride: number;
}

export interface Walked {
  readonly fd: number;
  readonly name: string;
  readonly maxEntries: number;
  readonly layout: MapLayout;
}

/**
 * All entries, some at a time, in memory that is used again: what is in the map from the first step to the last
 * comes exactly once, whoever writes meanwhile.
 */
export function* walk(map: Walked): Generator<MapBatch, void> {
  const { layout, name, maxEntries } = map;
  if (layout.walk === 'none') {
    throw new TsnctlError('NOT_ITERABLE', `the map ${name} has no entries to walk through`, {
      hint: 'what is in a queue, a stack or a ring buffer goes to its reader alone',
    });
  }
  if (maxEntries === 0) return;
  if (layout.walk === 'keys') return yield* byKeys(map);
  if (layout.walk === 'batch' || layout.isArray) {
    const batches = byBatches(map);
    const first = attempt(() => batches.next());
    if (first) {
      if (!first.done) yield first.value;
      return yield* batches;
    }
  }
  yield* layout.walk === 'index' ? byIndex(map) : byKeys(map);
}

/** Kernels before 5.6 know no batches, some of later ones not for every type. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOTSUPP', 'EOPNOTSUPP', 'ENOTSUP')) return undefined;
    throw error;
  }
}

/** Memory of a batch. A bucket of a hash map has to fit, so it can grow. */
const BATCH_BYTES = 1 << 20;

/**
 * A hash map is walked from bucket to bucket, each under its lock: an entry that stays has one place and is seen
 * there, one that comes or goes is seen or not. An array's entries are always there.
 */
function* byBatches({ fd, layout, maxEntries }: Walked): Generator<MapBatch, void> {
  const { keySize, stride, copies } = layout;
  const valueStride = stride * copies;
  // The cursor is a bucket's number or a key.
  const cursors = [new Uint8Array(Math.max(keySize, 8)), new Uint8Array(Math.max(keySize, 8))];
  let room = Math.max(1, Math.min(maxEntries, Math.floor(BATCH_BYTES / (keySize + valueStride))));
  let [keys, values] = [new Uint8Array(room * keySize), new Uint8Array(room * valueStride)];
  for (let step = 0; ; ) {
    const [inBatch, outBatch] = [step === 0 ? null : cursors[step % 2], cursors[(step + 1) % 2]];
    const attr = {
      inBatch: inBatch ?? null,
      outBatch: outBatch ?? null,
      keys,
      values,
      count: room,
      mapFd: fd,
    };
    const { outcome, count } = lookupBatch(attr);
    if (outcome === 'too small') {
      room *= 2;
      [keys, values] = [new Uint8Array(room * keySize), new Uint8Array(room * valueStride)];
      continue;
    }
    if (count > 0) yield { count, keys, values, keySize, valueStride };
    if (outcome === 'end') return;
    step++;
  }
}

type BatchArguments = Pick<
  ReturnType<(typeof batchAttr)['read']>,
  'inBatch' | 'outBatch' | 'keys' | 'values' | 'count' | 'mapFd'
>;

function lookupBatch(attr: BatchArguments): { outcome: 'more' | 'end' | 'too small'; count: number } {
  const written = batchCall('MAP_LOOKUP_BATCH', attr);
  if (written.error === undefined) return { outcome: 'more', count: written.count };
  if (isErrno(written.error, 'ENOENT')) return { outcome: 'end', count: written.count };
  if (isErrno(written.error, 'ENOSPC')) return { outcome: 'too small', count: 0 };
  throw written.error;
}

/** How many entries a batch got through; with `error`, what it stopped at. */
export function batchCall(
  name: 'MAP_LOOKUP_BATCH' | 'MAP_UPDATE_BATCH' | 'MAP_DELETE_BATCH',
  attr: BatchArguments & { elemFlags?: bigint },
): { count: number; error?: unknown } {
  const { attr: written, error } = bpfOutcome(name, batchAttr, { elemFlags: 0n, ...attr, flags: 0n });
  const count = new DataView(written.buffer).getUint32(COUNT, true);
  return error === undefined ? { count } : { count, error };
}

/** Where the kernel writes how many, also where it refuses the next: union bpf_attr, batch.count. */
const COUNT = 32;

/** Element by element, for arrays whose entries may be empty. */
function* byIndex({ fd, layout, maxEntries }: Walked): Generator<MapBatch, void> {
  const { keySize, stride, copies } = layout;
  const call = new ElementCall(keySize, stride * copies);
  const index = new DataView(call.key.buffer);
  for (let at = 0; at < maxEntries; at++) {
    index.setUint32(0, at, true);
    if (found(call, fd))
      yield { count: 1, keys: call.key, values: call.value, keySize, valueStride: stride * copies };
  }
}

/**
 * From key to key. A kernel that does not find the key it stands on begins anew: keys that were given already are
 * known, and passed over.
 */
function* byKeys({ fd, layout, maxEntries, name }: Walked): Generator<MapBatch, void> {
  const { keySize, stride, copies } = layout;
  const call = new ElementCall(keySize, stride * copies);
  const next = new ElementCall(keySize, keySize);
  const seen = new Set<string>();
  const patience = 1000 + 20 * maxEntries;
  let has = isNext(next, fd, true);
  for (let steps = 0; has; steps++) {
    if (steps > patience) {
      throw new TsnctlError('MAP_CHANGES', `the map ${name} changes faster than it can be read`, {
        hint: `it has begun anew for ${patience} keys; stop its writer, or get single keys`,
      });
    }
    call.key.set(next.value);
    next.key.set(next.value);
    has = isNext(next, fd, false);
    const id = Buffer.from(call.key).toString('latin1');
    if (seen.has(id)) continue;
    if (!found(call, fd)) continue;
    seen.add(id);
    yield { count: 1, keys: call.key, values: call.value, keySize, valueStride: stride * copies };
  }
}

function found(call: ElementCall, fd: number): boolean {
  try {
    call.run('MAP_LOOKUP_ELEM', fd);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function isNext(call: ElementCall, fd: number, first: boolean): boolean {
  try {
    call.run('MAP_GET_NEXT_KEY', fd, { noKey: first });
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
