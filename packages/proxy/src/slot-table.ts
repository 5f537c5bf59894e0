import { codecFor } from '@tsnctl/btf';
import { decode, encode, type SizedCodec, TsnctlError } from '@tsnctl/codec';
import type { BpfMap, MappedMemory } from 'libbpf-ts';

/**
 * A global array of a BPF object, in this process's memory. A row of eight bytes is stored at once: a
 * program sees the old one or the new one, never half of each.
 */
export class SlotTable<Row> implements Disposable {
  readonly #memory: MappedMemory;
  readonly #codec: SizedCodec<Row>;

  /** `struct` names the rows' type in the map's own BTF. */
  constructor(map: BpfMap, struct: string) {
    const btf = map.btf;
    if (!btf) throw new TsnctlError('NO_BTF', `the map ${map.name} has no BTF`, { hint: 'rm its pin' });
    this.#codec = codecFor(btf, btf.find(struct, 'struct')) as SizedCodec<Row>;
    this.#memory = map.mapped();
  }

  rows(): Row[] {
    const count = Math.floor(this.#memory.bytes.byteLength / this.#codec.size);
    return Array.from({ length: count }, (_, at) => decode(this.#codec, this.#row(at)));
  }

  set(at: number, row: Row): void {
    const bytes = encode(this.#codec, row);
    const place = this.#row(at);
    if (bytes.byteLength !== 8) {
      place.set(bytes);
      return;
    }
    const cell = new BigUint64Array(place.buffer, place.byteOffset, 1);
    Atomics.store(cell, 0, new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  #row(at: number): Uint8Array<ArrayBuffer> {
    return this.#memory.bytes.subarray(at * this.#codec.size, (at + 1) * this.#codec.size);
  }
}
