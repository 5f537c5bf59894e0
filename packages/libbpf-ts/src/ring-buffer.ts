import { type Btf, codecFor, type ReadAt, readerFor } from '@tsnctl/btf';
import { TsnctlError } from '@tsnctl/codec';
import { DisposableStack, traceResource } from '@tsnctl/linux';
import type { BpfMap } from './map.ts';
import { MappedMemory } from './mapped-memory.ts';
import { pageSize } from './page-size.ts';
import { Readable } from './readable.ts';

/** What the events are, and who counts those that are lost. */
export interface RingBufferOptions {
  /** The events' type by its name, and the BTF that has it; without, an event is a Uint8Array. */
  readonly type?: { readonly name: string; readonly btf: Btf };
  /** `char[n]` in events as text. */
  readonly text?: boolean;
  /** How many events the programs could not store: they have to count, the kernel does not. */
  readonly dropped?: () => bigint;
}

/** Counted since the ring buffer was opened. */
export interface RingBufferStats {
  /** Events given to the reader, and their bytes. */
  readonly events: number;
  readonly bytes: number;
  /** Records that a program has taken back. */
  readonly discarded: number;
  /** What the programs could not store; undefined where nobody counts. */
  readonly dropped: bigint | undefined;
  /** Bytes that wait to be read, with their heads. */
  readonly pendingBytes: number;
}

/**
 * Events from BPF programs, in the order in which they were reserved. Read from memory that the kernel shares, woken
 * by the event loop: no thread, no system call for an event.
 *
 *     using ring = object.ringBuffer('events', { type: 'event', dropped: 'dropped' });
 *     program.testRun(new Uint8Array(64));
 *     for await (const event of ring) {
 *       console.log(event, ring.stats().dropped);
 *       break;
 *     }
 *
 * Nothing is read ahead: while the loop's body is busy, events stay in the buffer, and when that is full the programs
 * see it. Since kernel 5.8.
 */
export class RingBuffer<Event = unknown> implements Disposable, AsyncIterable<Event> {
  readonly #resources = new DisposableStack();
  readonly #owned = new DisposableStack();
  readonly #readable: Readable;
  readonly #options: RingBufferOptions;
  readonly #mask: number;
  /** Two positions that only grow, in bytes; each side of the buffer writes its own. */
  readonly #consumer: BigUint64Array;
  readonly #producer: Uint32Array;
  readonly #heads: Int32Array;
  readonly #view: DataView;
  readonly #read: (view: DataView, offset: number, length: number) => Event;
  #position: number;
  #counts = { events: 0, bytes: 0, discarded: 0 };

  private constructor(map: BpfMap, options: RingBufferOptions) {
    using resources = new DisposableStack();
    const size = map.maxEntries;
    const page = pageSize();
    const consumer = resources.use(new MappedMemory(map.fd, page)).bytes;
    // The data are mapped twice, one behind the other: no record is ever cut in two.
    const producer = resources.use(
      new MappedMemory(map.fd, page + 2 * size, { offset: page, readOnly: true }),
    ).bytes;
    this.#readable = resources.use(new Readable(map.fd));
    this.#options = options;
    this.#mask = size - 1;
    this.#consumer = new BigUint64Array(consumer.buffer, 0, 1);
    this.#producer = new Uint32Array(producer.buffer, 0, 1);
    this.#heads = new Int32Array(producer.buffer, page);
    this.#view = new DataView(producer.buffer, page);
    this.#read = eventReader<Event>(options);
    this.#position = Number(this.#consumer[0]);
    this.#resources.use(resources.move());
    this.#resources.defer(traceResource(`the ring buffer ${map.name}`));
  }

  /**
   * Read a map of type ringbuf, which stays the caller's and is to be open as long as this. One reader at a time.
   * @throws TsnctlError NOT_A_RINGBUF; BTF_NOT_FOUND where there is no type of this name; SystemError
   */
  static open<Event = unknown>(map: BpfMap, options: RingBufferOptions = {}): RingBuffer<Event> {
    if (map.info.type !== 'ringbuf') {
      throw new TsnctlError('NOT_A_RINGBUF', `the map ${map.name} is a ${map.info.type}, not a ring buffer`, {
        hint: 'a map of BPF_MAP_TYPE_RINGBUF; BpfMap reads the others',
      });
    }
    return new RingBuffer<Event>(map, options);
  }

  /**
   * Hand what is there to `handle`, at most `limit` events; how many there were. The fastest way: millions a second.
   * Where `handle` throws, its event counts as read.
   */
  drain(handle: (event: Event) => void, limit = Number.POSITIVE_INFINITY): number {
    this.#expectOpen();
    const { events } = this.#counts;
    let freed = this.#position;
    try {
      while (this.#counts.events - events < limit) {
        const event = this.#next();
        if (event === undefined) break;
        handle(event.value);
        if (this.#position - freed > this.#mask >> 3) freed = this.#free();
      }
    } finally {
      if (!this.#resources.disposed) this.#free();
    }
    return this.#counts.events - events;
  }

  /** One event after the other, waiting for each; ends when the signal aborts or this is disposed. */
  async *events(signal?: AbortSignal): AsyncGenerator<Event, void> {
    while (!signal?.aborted && !this.#resources.disposed) {
      const event = this.#next();
      if (event === undefined) {
        await this.#readable.wait(signal);
        continue;
      }
      this.#free();
      yield event.value;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    return this.events();
  }

  /** What was read, and what was not; since this was opened. */
  stats(): RingBufferStats {
    this.#expectOpen();
    return {
      ...this.#counts,
      dropped: this.#options.dropped?.(),
      pendingBytes: this.#pending(),
    };
  }

  /** Dispose these with the ring buffer, after it. */
  owns(resources: DisposableStack): void {
    this.#owned.use(resources);
  }

  [Symbol.dispose](): void {
    using _owned = this.#owned;
    this.#resources.dispose();
  }

  /** The next event that is complete; its memory may be freed, as it is copied. */
  #next(): { value: Event } | undefined {
    while (this.#pending() > 0) {
      const at = this.#position & this.#mask;
      const head = Atomics.load(this.#heads, at >> 2);
      if (head < 0) break; // BPF_RINGBUF_BUSY_BIT, the highest: being written
      const length = head & LENGTH;
      this.#position += (length + HEAD_BYTES + 7) & ~7;
      if ((head & DISCARDED) !== 0) {
        this.#counts.discarded++;
        continue;
      }
      this.#counts.events++;
      this.#counts.bytes += length;
      return { value: this.#read(this.#view, at + HEAD_BYTES, length) };
    }
    this.#free();
    return undefined;
  }

  #pending(): number {
    const produced = Atomics.load(this.#producer, 0);
    return (produced - (this.#position % 2 ** 32)) >>> 0;
  }

  /** Give the memory up to here back to the programs. */
  #free(): number {
    Atomics.store(this.#consumer, 0, BigInt(this.#position));
    return this.#position;
  }

  #expectOpen(): void {
    if (this.#resources.disposed) throw new TsnctlError('CLOSED', 'this ring buffer is closed');
  }
}

// struct bpf_ringbuf_hdr and the bits of its length: linux/bpf.h
const HEAD_BYTES = 8;
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;

function eventReader<Event>({ type, text }: RingBufferOptions) {
  if (type === undefined) return bytesOf as (view: DataView, offset: number, length: number) => Event;
  const { name, btf } = type;
  const id = btf.find(name);
  const options = text === undefined ? {} : { text };
  const { size } = codecFor(btf, id, options);
  const read = readerFor(btf, id, options) as ReadAt<Event>;
  return (view: DataView, offset: number, length: number): Event => {
    if (length >= size) return read(view, offset);
    throw new TsnctlError('SHORT_EVENT', `an event of ${length} bytes is no ${name}, which has ${size}`);
  };
}

function bytesOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}
