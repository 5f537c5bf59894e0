import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { type Fd, isErrno } from '@tsnctl/linux';
import { kindOf } from './info.ts';
import { BpfMap, type MapOptions } from './map.ts';
import { type BpfMapInfo, describeMap, readMapInfo } from './map-info.ts';
import { openAnyPin, openPin } from './pin.ts';

const BPFFS = '/sys/fs/bpf';

/**
 * All maps of this machine, by id; those that go meanwhile are left out. Needs CAP_SYS_ADMIN.
 * Equivalent to: bpftool map show
 *
 *     for (const { id, name, type } of listMaps()) console.log(id, name, type);
 */
export function listMaps(): BpfMapInfo[] {
  return [...BpfMap.ids()].flatMap((id) => {
    try {
      using map = BpfMap.fromId(id);
      return [map.info];
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
}

/**
 * Open a map by its id (`42`), the path of its pin (`/sys/fs/bpf/flows`) or its name.
 *
 *     using map = findMap('/sys/fs/bpf/counters');
 *
 * @throws TsnctlError NO_MAP, MANY_MAPS where a name is not enough, FOREIGN_PIN; SystemError
 */
export function findMap<Key = unknown, Value = unknown>(
  which: string,
  options: MapOptions = {},
): BpfMap<Key, Value> {
  if (which.includes('/')) return byPath(which, options);
  if (/^\d+$/.test(which)) return byId(Number(which), options);
  const all = listMaps();
  const named = all.filter(({ name }) => name === which.slice(0, KERNEL_NAME));
  const [only] = named;
  if (only && named.length === 1) return byId(only.id, options);
  if (!only) {
    const alike = [...new Set(all.map(({ name }) => name).filter((name) => name.includes(which)))];
    throw new TsnctlError('NO_MAP', `there is no map called ${which}`, {
      hint: alike.length > 0 ? `one of ${alike.slice(0, SHOWN).join(', ')}` : 'bpftool map show',
    });
  }
  throw new TsnctlError('MANY_MAPS', `${named.length} maps are called ${which}`, {
    hint: `one of the ids ${named.map(({ id }) => id).join(', ')}`,
  });
}

/**
 * Where maps are pinned: paths by the map's id. What may not be read is left out.
 *
 *     for (const [id, paths] of mapPins('/sys/fs/bpf')) console.log(id, paths);
 */
export function mapPins(directory: string = BPFFS): Map<number, string[]> {
  const pins = new Map<number, string[]>();
  for (const path of filesIn(directory)) {
    const id = idOfPin(path);
    if (id !== undefined) pins.set(id, [...(pins.get(id) ?? []), path]);
  }
  return pins;
}

const SHOWN = 8;
const KERNEL_NAME = 15; // BPF_OBJ_NAME_LEN in linux/bpf.h, with its NUL

function byPath<Key, Value>(path: string, options: MapOptions): BpfMap<Key, Value> {
  try {
    return new BpfMap<Key, Value>(openPin(path, 'map'), options);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new TsnctlError('NO_MAP', `nothing is pinned at ${path}`, {
      hint: 'bpftool -f map show tells where maps are pinned',
      cause: error,
    });
  }
}

function byId<Key, Value>(id: number, options: MapOptions): BpfMap<Key, Value> {
  try {
    return BpfMap.fromId<Key, Value>(id, options);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new TsnctlError('NO_MAP', `there is no map with the id ${id}, or it has gone`, {
      hint: 'bpftool map show',
      cause: error,
    });
  }
}

function idOfPin(path: string): number | undefined {
  try {
    using fd: Fd = openAnyPin(path);
    return kindOf(fd.number) === 'map' ? describeMap(readMapInfo(fd.number)).id : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EPERM', 'EACCES', 'EINVAL')) return undefined;
    throw error;
  }
}

function* filesIn(directory: string): Generator<string> {
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return [];
    throw error;
  }
}
