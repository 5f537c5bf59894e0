import { codecFor } from '@tsnctl/btf';
import { decode, encode, type SizedCodec, TsnctlError } from '@tsnctl/codec';
import type { BpfMap, MappedMemory } from 'libbpf-ts';
import type { Slots, Slotted } from './slots.ts';

/**
 * A table of bpf/tables.h, in this process's memory. The first eight bytes of a row, its `ifindex` among them,
 * are stored last and at once: a program sees the row as it was or as it is, as far as it goes by those.
 */
export class SlotTable<Row extends Slotted> implements Slots, Disposable {
  readonly length: number;
  readonly #memory: MappedMemory;
  readonly #codec: SizedCodec<Row>;

  /** `struct` names the rows' type in the map's own BTF; its first member is `ifindex`. */
  constructor(map: BpfMap, struct: string) {
    const btf = map.btf;
    if (!btf) throw new TsnctlError('NO_BTF', `the map ${map.name} has no BTF`, { hint: 'rm its pin' });
    this.#codec = codecFor(btf, btf.find(struct, 'struct')) as SizedCodec<Row>;
    this.#memory = map.mapped();
    this.length = Math.floor(this.#memory.bytes.byteLength / this.#codec.size);
  }

  ifindexAt(at: number): number {
    const { buffer, byteOffset } = this.#bytes(at);
    return new DataView(buffer, byteOffset).getUint32(0, HOST_IS_LITTLE);
  }

  row(at: number): Row {
    return decode(this.#codec, this.#bytes(at));
  }

  /** The rows that are taken. */
  rows(): Row[] {
    const all = Array.from({ length: this.length }, (_, at) => at);
    return all.filter((at) => this.ifindexAt(at) !== 0).map((at) => this.row(at));
  }

  set(at: number, row: Row): void {
    const bytes = encode(this.#codec, row);
    const place = this.#bytes(at);
    place.set(bytes.subarray(HEAD), HEAD);
    const head = new BigUint64Array(bytes.slice(0, HEAD).buffer)[0] ?? 0n;
    Atomics.store(new BigUint64Array(place.buffer, place.byteOffset, 1), 0, head);
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  #bytes(at: number): Uint8Array<ArrayBuffer> {
    return this.#memory.bytes.subarray(at * this.#codec.size, (at + 1) * this.#codec.size);
  }
}

const HEAD = 8;
const HOST_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
