import { type Btf, codecFor, type ReadAt, readerFor } from '@tsnctl/btf';
import { bytes, mapped, type SizedCodec, TsnctlError, u32 } from '@tsnctl/codec';
import { btfById, vmlinuxBtf } from './btf-of-map.ts';
import type { MapInfo } from './map-info.ts';
import { traitsOf } from './map-types.ts';

/** How a map's keys or values are written and read. */
export interface Coder {
  readonly codec: SizedCodec<unknown>;
  readonly read: ReadAt<unknown>;
}

export interface MapCodecs {
  readonly key: Coder;
  readonly value: Coder;
  readonly btf: Btf | undefined;
  /** Ids of types in `btf`; 0 where there is none. */
  readonly types: { readonly key: number; readonly value: number };
  /** Why keys or values are plain bytes; undefined where BTF describes both. */
  readonly bytesBecause: string | undefined;
}

/** By the map's own BTF; plain bytes where it has none, or where it is not fit. `text`: char arrays are text. */
export function mapCodecs(
  info: MapInfo,
  { bytes: plainly, ...options }: { text?: boolean; bytes?: 'keys' | 'values' | 'both' },
): MapCodecs {
  const reasons: string[] = [];
  const btf = attempt(reasons, () => btfOf(info));
  const coder = (typeId: number, size: number, what: 'keys' | 'values'): Coder => {
    const asBytes = plainly === what || plainly === 'both';
    const found =
      btf && !asBytes ? attempt(reasons, () => coderFor(btf, typeId, { size, what, ...options })) : undefined;
    return found ?? plain(size);
  };
  const key =
    info.btfKeyTypeId === 0 && traitsOf(info.type).walk === 'index' && info.keySize === 4
      ? index
      : keyCoder();
  const valueType = info.btfVmlinuxValueTypeId || info.btfValueTypeId;
  const value = holding(info.type) ?? coder(valueType, info.valueSize, 'values');
  const types = { key: info.btfKeyTypeId, value: valueType };
  return { key, value, btf, types, bytesBecause: reasons[0] };

  function keyCoder(): Coder {
    return coder(info.btfKeyTypeId, info.keySize, 'keys');
  }
}

/** What the key of an array is, its type says. */
const index: Coder = { codec: u32, read: (view, offset) => view.getUint32(offset, true) };

function btfOf({ btfId, btfVmlinuxValueTypeId }: MapInfo): Btf {
  if (btfVmlinuxValueTypeId !== 0) return vmlinuxBtf(); // struct_ops: the kernel's own struct
  if (btfId === 0) throw new TsnctlError('NO_BTF', 'the map was made without BTF');
  return btfById(btfId);
}

interface Wanted {
  readonly size: number;
  readonly what: string;
  readonly text?: boolean;
}

function coderFor(btf: Btf, typeId: number, { size, what, ...options }: Wanted): Coder | undefined {
  if (size === 0) return plain(0);
  if (typeId === 0) throw new TsnctlError('NO_BTF', `the map's BTF says nothing of its ${what}`);
  const codec = codecFor(btf, typeId, options);
  if (codec.size !== size)
    throw new TsnctlError('NO_BTF', `the map's BTF has ${what} of ${codec.size} bytes, the map of ${size}`);
  let read: ReadAt<unknown> | undefined;
  return {
    codec,
    read: (view, offset) => {
      read ??= readerFor(btf, typeId, options);
      return read(view, offset);
    },
  };
}

function plain(size: number): Coder {
  return {
    codec: bytes(size),
    read: ({ buffer, byteOffset }, offset) => new Uint8Array(buffer, byteOffset + offset, size).slice(),
  };
}

/** A map of programs or of maps takes one of them, or its descriptor, and gives its id. */
function holding(type: number): Coder | undefined {
  if (traitsOf(type).holds === undefined) return undefined;
  const codec = mapped(
    u32,
    (id): unknown => id,
    (value, fail) => {
      const fd = typeof value === 'object' && value !== null && 'fd' in value ? value.fd : value;
      return typeof fd === 'number' ? fd : fail(`neither a ${traitsOf(type).holds} nor its descriptor`);
    },
  );
  return { codec, read: (view, offset) => view.getUint32(offset, true) };
}

/** What hostile or missing BTF costs is the names, not the bytes. */
function attempt<T>(reasons: string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof TsnctlError)) throw error;
    reasons.push(error.message);
    return undefined;
  }
}
