import type { Btf } from '@tsnctl/btf';
import { type Codec, encode, TsnctlError } from '@tsnctl/codec';
import { Fd, SystemError } from '@tsnctl/linux';
import { idAttr } from './attr.ts';
import { bpf } from './bpf.ts';
import { possibleCpus } from './cpus.ts';
import { objectIds } from './ids.ts';
import { deleteMany, setMany } from './map-batch.ts';
import { type MapCodecs, mapCodecs } from './map-codecs.ts';
import { createMap, type MapSpec } from './map-create.ts';
import { MapElement, type SetIf } from './map-element.ts';
import { type BpfMapInfo, describeMap, readMapInfo } from './map-info.ts';
import { type MapLayout, mapLayout } from './map-layout.ts';
import { type MapBatch, type Walked, walk } from './map-walk.ts';
import { MappedMemory } from './mapped-memory.ts';
import { openPin, pin } from './pin.ts';

/** How keys and values look. */
export interface MapOptions {
  /** Read and write `char[n]` as text instead of as an array of numbers. */
  readonly text?: boolean;
  /** Plain bytes, whatever BTF says: of keys, of values, or of both. */
  readonly bytes?: 'keys' | 'values' | 'both';
}

/**
 * A BPF map. Keys and values are coded by the map's own BTF, or are plain bytes where it has none: `bytesBecause`
 * says so. Name the shapes where you know them.
 *
 *     using map = BpfMap.pinned<number, { packets: bigint }>('/sys/fs/bpf/counters');
 *     const { packets = 0n } = map.get(1) ?? {};
 *     for (const [key, value] of map) if (value.packets > packets) console.log(key, value);
 *
 * A map that holds programs or maps takes one (or its descriptor) as a value, and gives its id.
 */
export class BpfMap<Key = unknown, Value = unknown> implements Disposable {
  readonly #fd: Fd;
  readonly #info: BpfMapInfo;
  readonly #layout: MapLayout;
  readonly #codecs: MapCodecs;
  #one: MapElement<Key, Value> | undefined;

  /** Takes over `fd`, also where it throws. */
  constructor(fd: Fd, options: MapOptions = {}) {
    this.#fd = fd;
    try {
      const info = readMapInfo(fd.number);
      this.#info = describeMap(info);
      this.#layout = mapLayout(info, possibleCpus());
      this.#codecs = mapCodecs(info, options);
    } catch (error) {
      fd[Symbol.dispose]();
      throw error;
    }
  }

  /** Open a pinned map; FOREIGN_PIN where something else is pinned there. */
  static pinned<Key = unknown, Value = unknown>(path: string, options: MapOptions = {}): BpfMap<Key, Value> {
    return new BpfMap<Key, Value>(openPin(path, 'map'), options);
  }

  /** Open a map by its id, whoever made it; ENOENT where it has gone. Needs CAP_SYS_ADMIN. */
  static fromId<Key = unknown, Value = unknown>(id: number, options: MapOptions = {}): BpfMap<Key, Value> {
    try {
      const { result } = bpf('MAP_GET_FD_BY_ID', idAttr, { id, nextId: 0, openFlags: 0 });
      return new BpfMap<Key, Value>(new Fd(result), options);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
      const message = `there is no map with the id ${id}: it has gone, or never was`;
      throw new SystemError('bpf', error.errno, { message, cause: error });
    }
  }

  /**
   * Make a map; it lasts until it is disposed, unless it is pinned or a program uses it.
   * Equivalent to: bpftool map create PATH type TYPE key N value N entries N name NAME
   */
  static create<Key = unknown, Value = unknown>(spec: MapSpec, options: MapOptions = {}): BpfMap<Key, Value> {
    return new BpfMap<Key, Value>(createMap(spec), options);
  }

  /** The ids of all maps of this machine. Needs CAP_SYS_ADMIN. Equivalent to: bpftool map show */
  static ids(): Generator<number, void> {
    return objectIds('MAP_GET_NEXT_ID');
  }

  /** The descriptor; it stays owned by this object. */
  get fd(): number {
    return this.#fd.number;
  }

  /** What the kernel says of it. Equivalent to: bpftool map show id ID */
  get info(): BpfMapInfo {
    return this.#info;
  }

  /** At most 15 characters, as the kernel keeps it. */
  get name(): string {
    return this.#info.name;
  }

  /** How many entries it has room for; bytes in a ring buffer. */
  get maxEntries(): number {
    return this.#info.maxEntries;
  }

  /** Bytes of one value on one CPU. */
  get valueSize(): number {
    return this.#info.valueSize;
  }

  /** How many values a key has: 1, or in a per-CPU map one for each possible CPU. */
  get copies(): number {
    return this.#layout.copies;
  }

  /** Whether a key is a number from 0 on, as in arrays, also where BTF does not say so. */
  get keyIsIndex(): boolean {
    return this.#layout.walk === 'index' && this.info.keySize === 4;
  }

  /** The ids of the types of keys and values in `btf`; 0 where it has none. */
  get types(): { readonly key: number; readonly value: number } {
    return this.#codecs.types;
  }

  /** The BTF that describes keys and values; undefined where the map was made without. */
  get btf(): Btf | undefined {
    return this.#codecs.btf;
  }

  /** Why keys or values are plain bytes; undefined where BTF describes both. */
  get bytesBecause(): string | undefined {
    return this.#codecs.bytesBecause;
  }

  /**
   * The value of a key, or undefined. Of a per-CPU map: the value on the first CPU; see `getPerCpu`.
   * Equivalent to: bpftool map lookup id ID key ... @throws SystemError, CodecError for a key of another shape
   */
  get(key: Key): Value | undefined {
    const view = this.#element().find(key);
    return view && this.#valueAt(view, 0);
  }

  /** The values of a key on each possible CPU (in a map that is not per CPU: one), or undefined. */
  getPerCpu(key: Key): Value[] | undefined {
    const view = this.#element().find(key);
    return view && this.#valuesAt(view, 0);
  }

  /**
   * Set the value of a key; in a per-CPU map on every CPU. E2BIG where the map is full or the index too big; with
   * `only` EEXIST or ENOENT where it is not so.
   * Equivalent to: bpftool map update id ID key ... value ... @throws SystemError, CodecError
   */
  set(key: Key, value: Value, only?: SetIf): void {
    const { copies } = this.#layout;
    this.#element().put(key, new Array<Value>(copies).fill(value), only);
  }

  /** Set the value of a key on each possible CPU; as many values as `copies`. @throws SystemError, CodecError */
  setPerCpu(key: Key, values: readonly Value[], only?: SetIf): void {
    const { copies } = this.#layout;
    if (values.length !== copies)
      throw new TsnctlError(
        'BAD_COPIES',
        `${values.length} values where the map ${this.name} has ${copies} for a key`,
        { hint: 'one for each possible CPU, as many as copies; set gives all of them the same' },
      );
    this.#element().put(key, values, only);
  }

  /** Delete a key: whether there was such a one. EINVAL in an array. Equivalent to: bpftool map delete id ID key ... */
  delete(key: Key): boolean {
    return this.#element().delete(key);
  }

  /**
   * Set many at once, some thousands a system call (since kernel 5.6; one by one before): how many.
   * @throws SystemError which says how many were set before the one that was refused; CodecError before any is
   */
  setAll(entries: Iterable<readonly [Key, Value]>): number {
    return setMany(this.#walked(), this.#coded(entries));
  }

  /** Delete many at once; those that are not there are passed over. How many there were. */
  deleteAll(keys: Iterable<Key>): number {
    const codec = this.#codecs.key.codec as Codec<Key>;
    return deleteMany(
      this.#walked(),
      Array.from(keys, (key) => encode(codec, key)),
    );
  }

  /**
   * All entries: what is in the map from the first step to the last comes exactly once, whoever writes meanwhile. Of a
   * per-CPU map the value on the first CPU. Memory stays the same, however many there are.
   * Equivalent to: bpftool map dump id ID @throws TsnctlError NOT_ITERABLE for queues, ring buffers and their like
   */
  *entries(): Generator<[Key, Value], void> {
    for (const [key, view, at] of this.#steps()) yield [key, this.#valueAt(view, at)];
  }

  /** The same, with the values on each possible CPU. */
  *entriesPerCpu(): Generator<[Key, Value[]], void> {
    for (const [key, view, at] of this.#steps()) yield [key, this.#valuesAt(view, at)];
  }

  /** The keys alone; see `entries`. */
  *keys(): Generator<Key, void> {
    for (const [key] of this.#steps()) yield key;
  }

  /** The values alone; of a per-CPU map those on the first CPU. */
  *values(): Generator<Value, void> {
    for (const [, view, at] of this.#steps()) yield this.#valueAt(view, at);
  }

  /** The entries as they lie in memory, not decoded and not copied: some thousands at a time. */
  batches(): Generator<MapBatch, void> {
    return walk(this.#walked());
  }

  [Symbol.iterator](): Generator<[Key, Value], void> {
    return this.entries();
  }

  /** The first `count` values of an array map in the order of their index. */
  list(count: number = this.maxEntries): Value[] {
    return this.listPerCpu(count).map((copies) => copies[0] as Value);
  }

  /** The same for a per-CPU array: for each index the values on each possible CPU. */
  listPerCpu(count: number = this.maxEntries): Value[][] {
    if (!this.#layout.isArray) {
      throw new TsnctlError('NOT_AN_ARRAY', `the map ${this.name} is not an array`, {
        hint: `it is a ${this.info.type}: values, or entries`,
      });
    }
    const maxEntries = Math.min(count, this.maxEntries);
    const all: Value[][] = [];
    for (const { count: found, values, valueStride } of walk({ ...this.#walked(), maxEntries })) {
      const view = new DataView(values.buffer);
      for (let at = 0; at < found && all.length < maxEntries; at++)
        all.push(this.#valuesAt(view, at * valueStride));
      if (all.length === maxEntries) break;
    }
    return all;
  }

  /** All values of an array that was made with BPF_F_MMAPABLE, as global variables are. @throws SystemError */
  mapped(): MappedMemory {
    return new MappedMemory(this.fd, Math.ceil(this.valueSize / 8) * 8 * this.maxEntries);
  }

  /** Give it a path on a BPF file system, where it outlives this process. Equivalent to: bpftool map pin id ID PATH */
  pin(path: string): void {
    pin(this.fd, path);
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }

  #walked(): Walked {
    return { fd: this.fd, name: this.name, maxEntries: this.maxEntries, layout: this.#layout };
  }

  *#steps(): Generator<[key: Key, values: DataView, at: number], void> {
    const { read } = this.#codecs.key;
    for (const { count, keys, values, keySize, valueStride } of walk(this.#walked())) {
      const [keyView, valueView] = [new DataView(keys.buffer), new DataView(values.buffer)];
      for (let at = 0; at < count; at++)
        yield [read(keyView, at * keySize) as Key, valueView, at * valueStride];
    }
  }

  /** Made when it is first needed. */
  #element(): MapElement<Key, Value> {
    this.#one ??= new MapElement(this.fd, this.#info, this.#layout, this.#codecs);
    return this.#one;
  }

  *#coded(entries: Iterable<readonly [Key, Value]>): Generator<readonly [Uint8Array, Uint8Array]> {
    const { key: keyCoder, value: valueCoder } = this.#codecs;
    const { copies, stride } = this.#layout;
    for (const [key, value] of entries) {
      const one = encode(valueCoder.codec as Codec<Value>, value);
      const all = copies === 1 && stride === one.length ? one : new Uint8Array(stride * copies);
      if (all !== one) for (let cpu = 0; cpu < copies; cpu++) all.set(one, cpu * stride);
      yield [encode(keyCoder.codec as Codec<Key>, key), all];
    }
  }

  #valueAt(view: DataView, at: number): Value {
    return this.#codecs.value.read(view, at) as Value;
  }

  #valuesAt(view: DataView, at: number): Value[] {
    const { copies, stride } = this.#layout;
    return Array.from({ length: copies }, (_, cpu) => this.#valueAt(view, at + cpu * stride));
  }
}
