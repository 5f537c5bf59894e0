import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import { BpfMap } from './map.ts';
import { BpfObject } from './object.ts';
import { RingBuffer } from './ring-buffer.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));

interface Event {
  number: bigint;
  cpu: number;
  queue: number;
  priority: number;
  late: boolean;
  comm: string;
}

const packet = new Uint8Array(64);
const HEAD_AND_EVENT = 32;

/** A ring buffer, and a program that sends `burst` events into it; every seventh is taken back. */
function stage(burst = 10) {
  const resources = new DisposableStack();
  const object = resources.use(BpfObject.open(testObject('maps'), 'maps').setConstants({ burst }).load());
  const sending = resources.use(object.program('sending'));
  const ring = resources.use(
    object.ringBuffer<Event>('events', { type: 'event', dropped: 'dropped', text: true }),
  );
  const send = () => void sending.testRun(packet);
  return { object, ring, send, [Symbol.dispose]: () => resources.dispose() };
}

/** The numbers of the first events that are not taken back: those after which the count is no multiple of 7. */
const kept = (upTo: number) => Array.from({ length: upTo }, (_, n) => n).filter((n) => (n + 1) % 7 !== 0);

function numbers(ring: RingBuffer<Event>): number[] {
  const all: number[] = [];
  ring.drain(({ number }) => all.push(Number(number)));
  return all;
}

describe('a ring buffer', () => {
  it('gives events in their type, in order, without those that were taken back', () => {
    using s = stage();
    s.send();
    const events: Event[] = [];
    expect(s.ring.drain((event) => events.push(event))).toBe(9);
    expect(events[0]).toEqual({
      number: 0n,
      cpu: expect.any(Number),
      queue: 0xbeef,
      priority: 7,
      late: true,
      comm: 'sender',
    });
    expect(events.map(({ number }) => Number(number))).toEqual(kept(10));
    expect(s.ring.stats()).toEqual({ events: 9, bytes: 9 * 24, discarded: 1, dropped: 0n, pendingBytes: 0 });
    expect(s.ring.drain(() => expect.fail())).toBe(0);
  });

  it('goes round and round', () => {
    using s = stage(1000);
    const all: number[] = [];
    for (let round = 0; round < 20; round++) {
      s.send();
      all.push(...numbers(s.ring));
    }
    expect(all).toEqual(kept(20_000));
    expect(s.ring.stats().dropped).toBe(0n);
  });

  it('counts what did not fit, and keeps the oldest', () => {
    using s = stage(3000);
    s.send();
    const fit = 65536 / HEAD_AND_EVENT - 1; // the kernel fills all but one byte
    expect(s.ring.stats()).toMatchObject({ dropped: BigInt(3000 - fit), pendingBytes: fit * HEAD_AND_EVENT });
    expect(numbers(s.ring)).toEqual(kept(fit));
    expect(s.ring.stats().pendingBytes).toBe(0);
  });

  it('gives a limited number, and the others later', () => {
    using s = stage();
    s.send();
    const first: bigint[] = [];
    expect(s.ring.drain(({ number }) => first.push(number), 4)).toBe(4);
    expect(first).toEqual([0n, 1n, 2n, 3n]);
    expect(numbers(s.ring)).toEqual(kept(10).slice(4));
  });

  it('goes on behind an event whose handler throws', () => {
    using s = stage();
    s.send();
    expect(() =>
      s.ring.drain(({ number }) => {
        if (number === 2n) throw new Error('no');
      }),
    ).toThrow('no');
    expect(numbers(s.ring)).toEqual(kept(10).slice(3));
  });

  it('gives bytes where no type is named', () => {
    using s = stage(1);
    using map = s.object.map('events');
    using ring = RingBuffer.open<Uint8Array>(map);
    s.send();
    const events: Uint8Array[] = [];
    ring.drain((event) => events.push(event));
    expect(events).toHaveLength(1);
    expect(events[0]?.slice(8, 16)).toEqual(Uint8Array.of(events[0]?.[8] ?? 0, 0, 0, 0, 0xef, 0xbe, 7, 1));
    expect(ring.stats().dropped).toBeUndefined();
  });
});

describe('the async iterator', () => {
  it('waits without a thread, and without keeping anybody from working', async () => {
    using s = stage(3);
    const got: number[] = [];
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    const threads = readdirSync('/proc/self/task').length;
    setTimeout(s.send, 30);
    setTimeout(s.send, 60);
    for await (const { number } of s.ring) {
      got.push(Number(number));
      expect(readdirSync('/proc/self/task')).toHaveLength(threads);
      if (got.length === 6) break;
    }
    clearInterval(ticking);
    expect(got).toEqual([0, 1, 2, 3, 4, 5]);
    expect(ticks).toBeGreaterThan(0);
  });

  it('reads nothing ahead: while the reader is busy, events stay in the buffer', async () => {
    using s = stage(5);
    s.send();
    for await (const { number } of s.ring) {
      await sleep(5);
      expect(s.ring.stats().pendingBytes).toBe((4 - Number(number)) * HEAD_AND_EVENT);
      if (number === 4n) break;
    }
    expect(s.ring.stats().events).toBe(5);
  });

  it('ends when its signal aborts', async () => {
    using s = stage(2);
    s.send();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    const got: bigint[] = [];
    for await (const { number } of s.ring.events(abort.signal)) got.push(number);
    expect(got).toEqual([0n, 1n]);
  });

  it('ends when the ring buffer is disposed', async () => {
    using s = stage(1);
    setTimeout(() => s.ring[Symbol.dispose](), 20);
    for await (const _ of s.ring) expect.fail();
    expect(() => s.ring.drain(() => undefined)).toThrow(
      expect.objectContaining({ code: 'CLOSED', message: 'this ring buffer is closed' }),
    );
  });
});

describe('a ring buffer refuses', () => {
  it('another type of map', () => {
    using s = stage(1);
    using map = s.object.map('hash');
    expect(() => RingBuffer.open(map)).toThrow(
      expect.objectContaining({
        code: 'NOT_A_RINGBUF',
        message: 'the map hash is a hash, not a ring buffer',
        hint: 'a map of BPF_MAP_TYPE_RINGBUF; BpfMap reads the others',
      }),
    );
  });

  it('a type and a counter that are not there', () => {
    using s = stage(1);
    expect(() => s.object.ringBuffer('events', { type: 'evnt' })).toThrow('BTF has no type called evnt');
    expect(() => s.object.ringBuffer('events', { dropped: 'lost' })).toThrow('maps has no variable lost');
    expect(() => s.object.ringBuffer('evts')).toThrow('maps has no map evts');
  });

  it('an event that is shorter than its type', () => {
    using s = stage(1);
    using map = s.object.map('events');
    using ring = RingBuffer.open(map, { type: { name: 'record', btf: s.object.btf } });
    s.send();
    expect(() => ring.drain(() => undefined)).toThrow(
      expect.objectContaining({
        code: 'SHORT_EVENT',
        message: 'an event of 24 bytes is no record, which has 104',
      }),
    );
    expect(ring.drain(() => undefined)).toBe(0);
  });

  it('nothing where it is the only thing that is made', () => {
    using map = BpfMap.create({ type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 });
    using ring = RingBuffer.open(map);
    expect(ring.drain(() => undefined)).toBe(0);
  });
});
