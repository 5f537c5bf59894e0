import { codecFor } from '@tsnctl/btf';
import { bytes, type Codec, decode, encode } from '@tsnctl/codec';
import { addressOf, type Fd, isErrno } from '@tsnctl/linux';
import { batchAttr, elementAttr, mapInfo } from './attr.ts';
import { bpf } from './bpf.ts';
import { btfById } from './btf-of-map.ts';
import { possibleCpus } from './cpus.ts';
import { kernelName, objectInfo } from './info.ts';
import { openPin, pin } from './pin.ts';

/** Map types whose values exist once per CPU, enum bpf_map_type in linux/bpf.h. */
const perCpuTypes = new Set([5 /* PERCPU_HASH */, 6 /* PERCPU_ARRAY */, 10 /* LRU_PERCPU_HASH */]);

/**
 * A BPF map. Keys and values are coded by the map's own BTF, or are plain bytes where it has none.
 * Name the shapes where you know them: `BpfMap.pinned<number, Policy>(path)`.
 */
export class BpfMap<Key = unknown, Value = unknown> implements Disposable {
  readonly #fd: Fd;
  readonly name: string;
  readonly maxEntries: number;
  readonly #key: Codec<Key>;
  readonly #value: Codec<Value>;
  readonly #keyBytes: number;
  readonly #valueBytes: number;
  /** How many values a key has: 1, or one per possible CPU. */
  readonly #copies: number;

  /** Takes over `fd`. */
  constructor(fd: Fd) {
    this.#fd = fd;
    const info = objectInfo(fd.number, mapInfo);
    this.name = kernelName(info.name);
    this.maxEntries = info.maxEntries;
    this.#keyBytes = info.keySize;
    this.#copies = perCpuTypes.has(info.type) ? possibleCpus() : 1;
    this.#valueBytes = this.#copies > 1 ? Math.ceil(info.valueSize / 8) * 8 : info.valueSize;
    const codec = <T>(typeId: number, size: number): Codec<T> =>
      (info.btfId === 0 || typeId === 0 ? bytes(size) : codecFor(btfById(info.btfId), typeId)) as Codec<T>;
    this.#key = codec<Key>(info.btfKeyTypeId, info.keySize);
    this.#value = codec<Value>(info.btfValueTypeId, info.valueSize);
  }

  static pinned<Key = unknown, Value = unknown>(path: string): BpfMap<Key, Value> {
    return new BpfMap<Key, Value>(openPin(path, 'map'));
  }

  get fd(): number {
    return this.#fd.number;
  }

  /** The value of a key, or undefined. Of a per-CPU map: the value on the first CPU; see `getPerCpu`. */
  get(key: Key): Value | undefined {
    return this.getPerCpu(key)?.[0];
  }

  /** The values of a key on each possible CPU, or undefined. */
  getPerCpu(key: Key): Value[] | undefined {
    const found = new Uint8Array(this.#valueBytes * this.#copies);
    try {
      this.#element('MAP_LOOKUP_ELEM', key, found);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    return this.#values(found);
  }

  /** Set the value of a key; in a per-CPU map on every CPU. */
  set(key: Key, value: Value): void {
    const one = encode(this.#value, value);
    const all = new Uint8Array(this.#valueBytes * this.#copies);
    for (let cpu = 0; cpu < this.#copies; cpu++) all.set(one, cpu * this.#valueBytes);
    this.#element('MAP_UPDATE_ELEM', key, all);
  }

  /** Whether there was such a key. */
  delete(key: Key): boolean {
    try {
      this.#element('MAP_DELETE_ELEM', key, new Uint8Array(0));
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** The first `count` values of an array map in the order of their index, by one system call. */
  list(count: number = this.maxEntries): Value[] {
    return this.listPerCpu(count).map((copies) => copies[0] as Value);
  }

  /** The same for a per-CPU array: for each index the values on each possible CPU. */
  listPerCpu(count: number = this.maxEntries): Value[][] {
    const stride = this.#valueBytes * this.#copies;
    const next = new Uint8Array(this.#keyBytes);
    const keys = new Uint8Array(this.#keyBytes * count);
    const values = new Uint8Array(stride * count);
    try {
      bpf('MAP_LOOKUP_BATCH', batchAttr, {
        inBatch: 0n,
        outBatch: addressOf(next),
        keys: addressOf(keys),
        values: addressOf(values),
        count,
        mapFd: this.fd,
        elemFlags: 0n,
        flags: 0n,
      });
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error; // the end was reached, which is fine
    }
    return Array.from({ length: count }, (_, at) =>
      this.#values(values.subarray(at * stride, (at + 1) * stride)),
    );
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }

  #element(
    name: 'MAP_LOOKUP_ELEM' | 'MAP_UPDATE_ELEM' | 'MAP_DELETE_ELEM',
    key: Key,
    value: Uint8Array,
  ): void {
    const keyBytes = encode(this.#key, key);
    const valueAddress = value.byteLength > 0 ? addressOf(value) : 0n;
    bpf(name, elementAttr, { mapFd: this.fd, key: addressOf(keyBytes), value: valueAddress, flags: 0n });
  }

  #values(all: Uint8Array): Value[] {
    const size = this.#value.size ?? this.#valueBytes;
    return Array.from({ length: this.#copies }, (_, cpu) =>
      decode(this.#value, all.subarray(cpu * this.#valueBytes, cpu * this.#valueBytes + size)),
    );
  }
}
