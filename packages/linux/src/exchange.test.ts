import { attrs, cstring, encode, type Infer, i32, nest, struct, u8, u32, u64 } from '@tsnctl/codec';
import {
  frame,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_MULTI,
  NLM_F_REQUEST,
} from '@tsnctl/netlink';
import { describe, expect, it } from 'vitest';
import { exchange, type Transport } from './exchange.ts';

const DUMP_INTR = 0x10;
const DONE = 3;
const ERROR = 2;
const NEWTHING = 16;

/** A question that is answered with single bytes. */
const question: NetlinkRequest<number> = {
  protocol: 0,
  type: 18,
  flags: NLM_F_REQUEST | NLM_F_DUMP,
  body: new Uint8Array(4),
  replies: NEWTHING,
  decode: (body) => {
    if (body[0] === 99) throw new Error('99 is not understood');
    return body[0] ?? -1;
  },
  equivalent: 'thing list',
};

type Said = (seq: number) => Uint8Array;
const thing = (value: number, flags = NLM_F_MULTI): Said => said(NEWTHING, flags, new Uint8Array([value]));
const done = (flags = NLM_F_MULTI): Said => said(DONE, flags, new Uint8Array(4));
const error = (errno: number): Said =>
  said(
    ERROR,
    0x100,
    encode(struct({ error: i32, length: i32, a: i32, b: i32, c: i32 }), {
      error: -errno,
      length: 20,
      a: 0,
      b: 0,
      c: 0,
    }),
  );

function said(type: number, flags: number, body: Uint8Array): Said {
  return (seq) => frame({ type, flags, body }, seq, 0);
}

/** A kernel that says this: a list of datagrams for each request. */
function kernel(...conversations: Said[][][]): Transport & { sent: Uint8Array[]; unread: () => number } {
  let seq = 0;
  let waiting: Said[][] = [];
  const sent: Uint8Array[] = [];
  return {
    sent,
    unread: () => waiting.length,
    nextSequence: () => ++seq,
    send: (message) => {
      sent.push(message);
      waiting.push(...(conversations.shift() ?? []));
    },
    receive: () => {
      const [next, ...rest] = waiting;
      if (!next) throw new Error('nothing more was said');
      waiting = rest;
      return join(next.map((message) => message(seq)));
    },
  };
}

describe('a dump', () => {
  it('is all datagrams up to the end', () => {
    const transport = kernel([[thing(1), thing(2)], [thing(3)], [done()]]);
    expect(exchange(transport, question)).toEqual([1, 2, 3]);
  });

  it('asks for no acknowledgement; a single question does', () => {
    const transport = kernel([[done()]], [[thing(5, 0)], [error(0)]]);
    exchange(transport, question);
    expect(exchange(transport, { ...question, flags: NLM_F_REQUEST })).toEqual([5]);
    const flags = transport.sent.map((message) => message[6] ?? 0);
    expect(flags.map((low) => low & NLM_F_ACK)).toEqual([0, NLM_F_ACK]);
  });

  it('leaves out answers to others, messages of other types, and what was not asked for', () => {
    const stranger: Said = () => thing(8)(4711);
    const event = said(20, 0, new Uint8Array([7]));
    const transport = kernel([[stranger, thing(1), event, thing(2), done()]]);
    expect(exchange(transport, { ...question, accepts: (value) => value !== 1 })).toEqual([2]);
  });

  it.each([
    ['on an answer', [[thing(1, NLM_F_MULTI | DUMP_INTR), done()]]],
    ['on its end', [[thing(1)], [done(NLM_F_MULTI | DUMP_INTR)]]],
  ])('is read to its end and asked for again when it was interrupted, told %s', (_, interrupted) => {
    const transport = kernel(interrupted, interrupted, [[thing(4), done()]]);
    expect(exchange(transport, question)).toEqual([4]);
    expect(transport.sent).toHaveLength(3);
    expect(transport.unread()).toBe(0);
  });

  it('is given up after ten interruptions', () => {
    const transport = kernel(...Array(11).fill([[done(NLM_F_MULTI | DUMP_INTR)]]));
    expect(() => exchange(transport, question)).toThrow(
      expect.objectContaining({
        code: 'DUMP_INTERRUPTED',
        message: 'thing list: what was listed kept changing, 10 times in a row',
        hint: 'again when the namespace is quieter',
      }),
    );
    expect(transport.sent).toHaveLength(10);
  });

  it('is read to its end even where an answer is not understood', () => {
    const transport = kernel([[thing(99)], [thing(1)], [done()]], [[done()]]);
    expect(() => exchange(transport, question)).toThrow('99 is not understood');
    expect(transport.unread()).toBe(0);
    expect(exchange(transport, question)).toEqual([]);
  });

  it('fails with the error that stands at its end', () => {
    const failed = said(DONE, NLM_F_MULTI, encode(i32, -1));
    expect(() => exchange(kernel([[thing(1)], [failed]]), question)).toThrow(
      expect.objectContaining({ code: 'EPERM', message: 'thing list: operation not permitted' }),
    );
  });
});

it('a refusal is the equivalent command, the error and the words of the kernel', () => {
  // NLM_F_CAPPED | NLM_F_ACK_TLVS, NLMSGERR_ATTR_MSG
  const words = new TextEncoder().encode('No such thing.\0');
  const header = encode(struct({ error: i32, length: i32, a: i32, b: i32, c: i32 }), {
    error: -22,
    length: 20,
    a: 0,
    b: 0,
    c: 0,
  });
  const attr = encode(struct({ length: u8, zero: u8, type: u8, zero2: u8 }), {
    length: 4 + words.length,
    zero: 0,
    type: 1,
    zero2: 0,
  });
  const refused = said(ERROR, 0x300, join([header, attr, words]));
  expect(() => exchange(kernel([[refused]]), { ...question, flags: NLM_F_REQUEST })).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: 'thing list: invalid argument (No such thing.)' }),
  );
});

it('a refusal names the field that the kernel points at, and the range that it would take', () => {
  // NLMSGERR_ATTR_MSG, _OFFS and _POLICY in linux/netlink.h
  const told = attrs({
    message: [1, cstring],
    offset: [2, u32],
    policy: [4, nest(attrs({ type: [1, u32], min: [4, u64], max: [5, u64] }))],
  });
  const refusedWith = (value: Infer<typeof told>) =>
    said(
      ERROR,
      0x300,
      join([
        encode(struct({ error: i32, length: i32, a: i32, b: i32, c: i32 }), {
          error: -34,
          length: 20,
          a: 0,
          b: 0,
          c: 0,
        }),
        encode(told, value),
      ]),
    );
  const asked = {
    ...question,
    flags: NLM_F_REQUEST,
    fieldAt: (offset: number) => (offset === 32 ? 'options.limit' : undefined),
  };
  const policy = { type: 3, min: 1n, max: 255n };
  expect(() =>
    exchange(kernel([[refusedWith({ message: 'integer out of range', offset: 32, policy })]]), asked),
  ).toThrow(
    expect.objectContaining({
      code: 'ERANGE',
      field: 'options.limit',
      message: 'thing list: result too large (integer out of range, at options.limit, from 1 to 255)',
    }),
  );
  expect(() => exchange(kernel([[refusedWith({ offset: 32 })]]), asked)).toThrow(
    expect.objectContaining({ message: 'thing list: result too large (at options.limit)' }),
  );
  expect(() => exchange(kernel([[refusedWith({ message: 'No.', offset: 99 })]]), asked)).toThrow(
    expect.not.objectContaining({ field: expect.anything() }),
  );
});

/** One after the other, each at a multiple of four. */
function join(parts: readonly Uint8Array[]): Uint8Array {
  const padded = parts.map((part) => [...part, ...new Uint8Array(-part.length & 3)]);
  return new Uint8Array(padded.flat());
}
