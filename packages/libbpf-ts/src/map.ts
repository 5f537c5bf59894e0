import { type Btf, codecFor } from '@tsnctl/btf';
import { bytes, decode, encode, type SizedCodec, TsnctlError } from '@tsnctl/codec';
import { type Fd, isErrno } from '@tsnctl/linux';
import { batchAttr, elementAttr, mapInfo } from './attr.ts';
import { bpf } from './bpf.ts';
import { btfById } from './btf-of-map.ts';
import { possibleCpus } from './cpus.ts';
import { kernelName, objectInfo } from './info.ts';
import { type MapLayout, mapLayout } from './map-layout.ts';
import { MappedMemory } from './mapped-memory.ts';
import { openPin, pin } from './pin.ts';

/**
 * A BPF map. Keys and values are coded by the map's own BTF, or are plain bytes where it has none.
 * Name the shapes where you know them: `BpfMap.pinned<number, Policy>(path)`.
 */
export class BpfMap<Key = unknown, Value = unknown> implements Disposable {
  readonly #fd: Fd;
  /** At most 15 characters, as the kernel keeps it. */
  readonly name: string;
  readonly maxEntries: number;
  /** Bytes of one value on one CPU. */
  readonly valueSize: number;
  readonly #btfId: number;
  readonly #layout: MapLayout;
  readonly #key: SizedCodec<Key>;
  readonly #value: SizedCodec<Value>;

  /** Takes over `fd`, also where it throws. */
  constructor(fd: Fd) {
    this.#fd = fd;
    try {
      const info = objectInfo(fd.number, mapInfo);
      this.name = kernelName(info.name);
      this.maxEntries = info.maxEntries;
      this.#btfId = info.btfId;
      this.valueSize = info.valueSize;
      this.#layout = mapLayout(info.type, info.valueSize, possibleCpus());
      this.#key = codecOf(info.btfId, info.btfKeyTypeId, info.keySize) as SizedCodec<Key>;
      this.#value = codecOf(info.btfId, info.btfValueTypeId, info.valueSize) as SizedCodec<Value>;
    } catch (error) {
      fd[Symbol.dispose]();
      throw error;
    }
  }

  /** Open a pinned map; FOREIGN_PIN where something else is pinned there. */
  static pinned<Key = unknown, Value = unknown>(path: string): BpfMap<Key, Value> {
    return new BpfMap<Key, Value>(openPin(path, 'map'));
  }

  /** The descriptor; it stays owned by this object. */
  get fd(): number {
    return this.#fd.number;
  }

  /**
   * The value of a key, or undefined. Of a per-CPU map: the value on the first CPU; see `getPerCpu`.
   * Equivalent to: bpftool map lookup id ID key ... @throws SystemError, CodecError for a key of another shape
   */
  get(key: Key): Value | undefined {
    return this.getPerCpu(key)?.[0];
  }

  /** The values of a key on each possible CPU (in a map that is not per CPU: one), or undefined. */
  getPerCpu(key: Key): Value[] | undefined {
    const found = new Uint8Array(this.#layout.stride * this.#layout.copies);
    try {
      this.#element('MAP_LOOKUP_ELEM', key, found);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    return this.#values(found);
  }

  /**
   * Set the value of a key; in a per-CPU map on every CPU. E2BIG where the map is full or the index too big.
   * Equivalent to: bpftool map update id ID key ... value ... @throws SystemError, CodecError
   */
  set(key: Key, value: Value): void {
    const { copies, stride } = this.#layout;
    const one = encode(this.#value, value);
    const all = new Uint8Array(stride * copies);
    for (let cpu = 0; cpu < copies; cpu++) all.set(one, cpu * stride);
    this.#element('MAP_UPDATE_ELEM', key, all);
  }

  /** Delete a key: whether there was such a one. EINVAL in an array. Equivalent to: bpftool map delete id ID key ... */
  delete(key: Key): boolean {
    try {
      this.#element('MAP_DELETE_ELEM', key, null);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** The first `count` values of an array map in the order of their index, by one system call. Since kernel 5.6. */
  list(count: number = this.maxEntries): Value[] {
    return this.listPerCpu(count).map((copies) => copies[0] as Value);
  }

  /** The same for a per-CPU array (since kernel 5.13): for each index the values on each possible CPU. */
  listPerCpu(count: number = this.maxEntries): Value[][] {
    if (!this.#layout.isArray) throw new TsnctlError('NOT_AN_ARRAY', `the map ${this.name} is not an array`);
    const entries = Math.min(count, this.maxEntries);
    const stride = this.#layout.stride * this.#layout.copies;
    const values = new Uint8Array(stride * entries);
    try {
      bpf('MAP_LOOKUP_BATCH', batchAttr, {
        inBatch: null,
        outBatch: new Uint32Array(1),
        keys: new Uint32Array(entries),
        values,
        count: entries,
        mapFd: this.fd,
        elemFlags: 0n,
        flags: 0n,
      });
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error; // the end was reached, which is fine
    }
    return Array.from({ length: entries }, (_, at) =>
      this.#values(values.subarray(at * stride, (at + 1) * stride)),
    );
  }

  /** The BTF that describes keys and values; undefined where the map was made without. */
  get btf(): Btf | undefined {
    return this.#btfId === 0 ? undefined : btfById(this.#btfId);
  }

  /** All values of an array that was made with BPF_F_MMAPABLE, as global variables are. @throws SystemError */
  mapped(): MappedMemory {
    return new MappedMemory(this.fd, this.#layout.stride * this.maxEntries);
  }

  /** Give it a path on a BPF file system, where it outlives this process. */
  pin(path: string): void {
    pin(this.fd, path);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }

  #element(
    name: 'MAP_LOOKUP_ELEM' | 'MAP_UPDATE_ELEM' | 'MAP_DELETE_ELEM',
    key: Key,
    value: Uint8Array | null,
  ): void {
    bpf(name, elementAttr, { mapFd: this.fd, key: encode(this.#key, key), value, flags: 0n });
  }

  #values(all: Uint8Array): Value[] {
    const { copies, stride } = this.#layout;
    return Array.from({ length: copies }, (_, cpu) =>
      decode(this.#value, all.subarray(cpu * stride, cpu * stride + this.valueSize)),
    );
  }
}

function codecOf(btfId: number, typeId: number, size: number): SizedCodec<unknown> {
  return btfId === 0 || typeId === 0 ? bytes(size) : codecFor(btfById(btfId), typeId);
}
