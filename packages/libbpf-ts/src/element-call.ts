import { type Codec, Writer } from '@tsnctl/codec';
import { addressOf } from '@tsnctl/linux';
import { bpfRaw, type Command } from './bpf.ts';

/**
 * Calls of bpf(2) about one element, over and over with the same memory: laying out attributes anew takes
 * longer than the call. The buffers live as long as this object, which the caller holds.
 */
export class ElementCall {
  readonly key: Uint8Array;
  /** The value on each CPU. */
  readonly value: Uint8Array;
  readonly valueView: DataView;
  readonly #keyWriter: Writer;
  readonly #valueWriter: Writer;
  readonly #attr: Uint8Array;
  /** The kernel refuses members that a command does not have, unless they are zero. */
  readonly #keyOnly: Uint8Array;
  readonly #view: DataView;
  readonly #keyAddress: bigint;

  constructor(keySize: number, valueBytes: number) {
    this.key = offHeap(keySize);
    this.value = offHeap(valueBytes);
    this.valueView = new DataView(this.value.buffer);
    this.#keyWriter = new Writer('little', this.key);
    this.#valueWriter = new Writer('little', this.value);
    this.#attr = offHeap(ATTR_BYTES);
    this.#keyOnly = this.#attr.subarray(0, VALUE);
    this.#view = new DataView(this.#attr.buffer);
    this.#keyAddress = addressOf(this.key);
    this.#view.setBigUint64(KEY, this.#keyAddress, true);
    this.#view.setBigUint64(VALUE, addressOf(this.value), true);
  }

  /** @throws CodecError for a key that does not fit */
  writeKey<Key>(codec: Codec<Key>, key: Key): void {
    this.#keyWriter.reset();
    codec.write(this.#keyWriter, key);
  }

  /** A value for each CPU, `stride` bytes apart. @throws CodecError for one that does not fit */
  writeValues<Value>(codec: Codec<Value>, values: readonly Value[], stride: number): void {
    const writer = this.#valueWriter;
    writer.reset();
    for (const [cpu, value] of values.entries()) {
      writer.advance(cpu * stride - writer.offset);
      codec.write(writer, value);
    }
  }

  /** `flags`: BPF_NOEXIST, BPF_EXIST and so on; `noKey` gives NULL for it. @throws SystemError */
  run(command: Command, mapFd: number, { flags = 0, noKey = false } = {}): void {
    this.#view.setUint32(MAP_FD, mapFd, true);
    this.#view.setUint32(FLAGS, flags, true);
    if (noKey) this.#view.setBigUint64(KEY, 0n, true);
    running = this;
    bpfRaw(command, command === 'MAP_DELETE_ELEM' ? this.#keyOnly : this.#attr);
    if (noKey) this.#view.setBigUint64(KEY, this.#keyAddress, true);
  }
}

/** The attributes do not keep the buffers alive whose addresses they have; this does, until the next call. */
let running: ElementCall | undefined;
void running;

// The members of union bpf_attr for commands on elements: linux/bpf.h. All supported machines are little endian.
const ATTR_BYTES = 32;
const MAP_FD = 0;
const KEY = 8;
const VALUE = 16;
const FLAGS = 24;

/** V8 moves small arrays that have no buffer of their own yet. */
function offHeap(bytes: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(bytes));
}
