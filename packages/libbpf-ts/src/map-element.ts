import type { Codec } from '@tsnctl/codec';
import { isErrno, SystemError } from '@tsnctl/linux';
import { ElementCall } from './element-call.ts';
import type { MapCodecs } from './map-codecs.ts';
import type { BpfMapInfo } from './map-info.ts';
import type { MapLayout } from './map-layout.ts';
import { refusedSet } from './map-refusal.ts';

/** What must be so for `set` to do anything: there is no such key yet, or there is one. */
export type SetIf = 'absent' | 'present';

// BPF_NOEXIST and BPF_EXIST in linux/bpf.h
const setFlags: Record<SetIf, number> = { absent: 1, present: 2 };

/** A map's elements, one at a time, by keys and values that are coded here; in memory that is used again. */
export class MapElement<Key, Value> {
  readonly #fd: number;
  readonly #info: BpfMapInfo;
  readonly #stride: number;
  readonly #key: Codec<Key>;
  readonly #value: Codec<Value>;
  readonly #call: ElementCall;

  constructor(fd: number, info: BpfMapInfo, layout: MapLayout, codecs: MapCodecs) {
    this.#fd = fd;
    this.#info = info;
    this.#stride = layout.stride;
    this.#key = codecs.key.codec as Codec<Key>;
    this.#value = codecs.value.codec as Codec<Value>;
    this.#call = new ElementCall(layout.keySize, layout.stride * layout.copies);
  }

  /** The values of a key, one for each CPU, until the next call; undefined where there is no such key. */
  find(key: Key): DataView | undefined {
    this.#call.writeKey(this.#key, key);
    return this.#isThere('MAP_LOOKUP_ELEM') ? this.#call.valueView : undefined;
  }

  put(key: Key, values: readonly Value[], only: SetIf | undefined): void {
    this.#call.writeKey(this.#key, key);
    this.#call.writeValues(this.#value, values, this.#stride);
    try {
      this.#call.run('MAP_UPDATE_ELEM', this.#fd, { flags: only ? setFlags[only] : 0 });
    } catch (error) {
      throw error instanceof SystemError ? refusedSet(this.#info, error) : error;
    }
  }

  /** Whether there was such a key. */
  delete(key: Key): boolean {
    this.#call.writeKey(this.#key, key);
    return this.#isThere('MAP_DELETE_ELEM');
  }

  #isThere(command: 'MAP_LOOKUP_ELEM' | 'MAP_DELETE_ELEM'): boolean {
    try {
      this.#call.run(command, this.#fd);
      return true;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      throw error;
    }
  }
}
