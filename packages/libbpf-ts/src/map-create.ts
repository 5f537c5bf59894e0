import { TsnctlError } from '@tsnctl/codec';
import { Fd, SystemError } from '@tsnctl/linux';
import { btfLoadAttr, mapCreateAttr } from './attr.ts';
import { bpf } from './bpf.ts';
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
  /** BTF with the types of keys and values, so that whoever opens the map knows its shapes. */
  readonly types?: { readonly btf: Uint8Array; readonly key: number; readonly value: number };
}

/** Make a map: its descriptor. @throws SystemError, TsnctlError UNSUPPORTED for a type that this kernel does not have */
export function createMap(spec: MapSpec): Fd {
  using btf = spec.types && new Fd(loadBtf(spec.types.btf));
  const attr = {
    mapType: mapTypeNumber(spec.type),
    keySize: spec.keySize,
    valueSize: spec.valueSize,
    maxEntries: spec.maxEntries,
    mapFlags: spec.flags ?? 0,
    innerMapFd: spec.inner?.fd ?? 0,
    numaNode: 0,
    mapName: kernelNameBytes(spec.name ?? ''),
    mapIfindex: 0,
    btfFd: btf?.number ?? 0,
    btfKeyTypeId: spec.types?.key ?? 0,
    btfValueTypeId: spec.types?.value ?? 0,
    btfVmlinuxValueTypeId: 0,
    mapExtra: 0n,
  };
  try {
    return new Fd(bpf('MAP_CREATE', mapCreateAttr, attr).result);
  } catch (error) {
    throw error instanceof SystemError ? refused(spec, error) : error;
  }
}

function loadBtf(btf: Uint8Array): number {
  return bpf('BTF_LOAD', btfLoadAttr, { btf, logBuf: null, btfSize: btf.byteLength, logSize: 0, logLevel: 0 })
    .result;
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

function kernelNameBytes(name: string): number[] {
  if (!/^[\w.]{0,15}$/.test(name)) {
    throw new TsnctlError('BAD_NAME', `"${name}" cannot be the name of a map`, {
      hint: 'at most 15 letters, digits, dots and underscores',
    });
  }
  return Array.from({ length: 16 }, (_, at) => name.charCodeAt(at) || 0);
}
