import type { Btf } from '@tsnctl/btf';
import { TsnctlError } from '@tsnctl/codec';
import { Fd, SystemError } from '@tsnctl/linux';
import { idAttr, mapCreateAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { kernelNameBytes } from './kernel-name.ts';
import { type MapType, mapTypeNumber } from './map-types.ts';

/** A map to be made. Sizes in bytes; a ring buffer has no key and no value, its `maxEntries` is bytes, a power of 2. */
export interface MapSpec {
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** At most 15 letters, digits, dots and underscores. */
  readonly name?: string;
  /** BPF_F_* of linux/bpf.h: an lpm_trie needs NO_PREALLOC (1). */
  readonly flags?: number;
  /** For maps of maps: one of the kind that it will hold. */
  readonly inner?: { readonly fd: number };
  /** Types of keys and values by name, out of the BTF of another map: whoever opens this map knows its shapes. */
  readonly types?: { readonly of: TypedMap; readonly key: string; readonly value: string };
}

/** A map that was made with BTF. */
export interface TypedMap {
  readonly info: { readonly btfId: number; readonly name: string };
  readonly btf: Btf | undefined;
}

/** Make a map: its descriptor. @throws SystemError, TsnctlError UNSUPPORTED for a type that this kernel does not have */
export function createMap(spec: MapSpec): Fd {
  const types = spec.types && typesOf(spec.types);
  using btf =
    types && new Fd(bpf('BTF_GET_FD_BY_ID', idAttr, { id: types.btfId, nextId: 0, openFlags: 0 }).result);
  const attr = {
    mapType: mapTypeNumber(spec.type),
    keySize: spec.keySize,
    valueSize: spec.valueSize,
    maxEntries: spec.maxEntries,
    mapFlags: spec.flags ?? 0,
    innerMapFd: spec.inner?.fd ?? 0,
    numaNode: 0,
    mapName: kernelNameBytes(spec.name ?? '', 'map'),
    mapIfindex: 0,
    btfFd: btf?.number ?? 0,
    btfKeyTypeId: types?.key ?? 0,
    btfValueTypeId: types?.value ?? 0,
    btfVmlinuxValueTypeId: 0,
    mapExtra: 0n,
  };
  try {
    return new Fd(bpf('MAP_CREATE', mapCreateAttr, attr).result);
  } catch (error) {
    throw error instanceof SystemError ? refused(spec, error) : error;
  }
}

function typesOf({ of, key, value }: Required<MapSpec>['types']) {
  const { btf } = of;
  if (btf) return { btfId: of.info.btfId, key: btf.find(key), value: btf.find(value) };
  throw new TsnctlError('NO_BTF', `the map ${of.info.name} was made without BTF, and has no type ${value}`);
}

function refused(spec: MapSpec, error: SystemError): SystemError {
  const what = `a map ${spec.name ? `${spec.name} ` : ''}of type ${spec.type} was not made`;
  const sizes = `a key of ${spec.keySize}, a value of ${spec.valueSize} bytes, ${spec.maxEntries} entries`;
  const hint = hints[error.code] ?? error.hint;
  const message = `${what} (${sizes}): ${error.message}`;
  return new SystemError('bpf', error.errno, hint === undefined ? { message } : { message, hint });
}

const hints: Record<string, string> = {
  EINVAL:
    'sizes and flags that this type allows, see bpf(2); or a kernel that knows the type: requireFeature says which',
  E2BIG: 'fewer entries, or a smaller value: all of them have to fit into memory',
  ENOMEM: 'fewer entries; or, before kernel 5.11, a higher limit of locked memory: ulimit -l unlimited',
};
