import { decode, encode, Reader } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { answers, golden, hex } from '../test/golden.ts';
import {
  addMatchallFilter,
  decodeQdisc,
  listLinks,
  listQdiscs,
  messages,
  replaceAddress,
  replaceClass,
  replaceQdisc,
  replaceRoute,
} from './index.ts';
import { linkMessage } from './link/message.ts';
import { fqCodel } from './qdisc/fq-codel.ts';
import { qdiscKinds } from './qdisc/kinds.ts';

/** Each body of an RTM_NEWQDISC in a golden file. */
const bodiesOf = (name: string) =>
  golden(name)
    .datagrams.flatMap((datagram) => [...messages(datagram)])
    .filter(({ type }) => type === listQdiscs().replies)
    .map(({ body }) => body);

describe('options', () => {
  const names = ['6.1', '6.12'].flatMap((kernel) =>
    ['options', 'mqprio', 'taprio', 'mq'].map((name) => `reply-${kernel}-${name}`),
  );

  it.each(names)('of %s mean the same when they are written and read again', (name) => {
    for (const body of bodiesOf(name)) {
      const { kind, options } = decodeQdisc(body);
      const codec = qdiscKinds.get(kind)?.options;
      if (codec === undefined) continue;
      const again = encode(codec, options);
      expect(codec.read(new Reader(again))).toEqual(options);
    }
  });

  it('keep the attributes that have no name here', () => {
    const codec = qdiscKinds.get('taprio')?.options;
    const options = {
      numTc: 1,
      map: Array(16).fill(0),
      queues: [{ count: 1, offset: 0 }],
      classes: [{ tc: 0, unknown: [{ type: 60, bytes: Uint8Array.of(1) }] }],
      unknown: [{ type: 61, bytes: Uint8Array.of(2) }],
    };
    const written = codec && encode(codec, options);
    expect(written && codec?.read(new Reader(written))).toEqual(options);
    expect(hex(written ?? new Uint8Array())).toContain('05003c0001');
  });
});

describe('what has no name here', () => {
  const unknown = [{ type: 60, bytes: Uint8Array.of(1, 2, 3) }];
  const sent = { unknown, bytes: '07003c0001020300' };

  it.each([
    ['a qdisc', replaceQdisc({ index: 1, kind: 'pfifo_fast', unknown })],
    ['its options', replaceQdisc({ index: 1, kind: 'htb', options: { unknown } })],
    [
      'a class',
      replaceClass({ index: 1, kind: 'htb', parent: 1, handle: 2, options: { rateBps: 125_000n }, unknown }),
    ],
    ['a filter', addMatchallFilter({ index: 1, hook: 'egress', priority: 1, unknown })],
    ['an address', replaceAddress({ index: 1, address: '10.0.0.1/8', unknown })],
    ['a route', replaceRoute({ family: 4, destination: 'default', index: 1, unknown })],
  ])('is sent as it came: of %s', (_, { body }) => {
    expect(hex(body)).toContain(sent.bytes);
  });

  it('is kept, and replaces what was there without a loss', () => {
    const { body } = replaceQdisc({ index: 1, kind: 'pfifo_fast', unknown });
    expect(decodeQdisc(body)).toMatchObject({ kind: 'pfifo_fast', unknown });
    expect(replaceQdisc(decodeQdisc(body)).body).toEqual(body);
  });
});

describe('links', () => {
  it.each(['reply-links', 'reply-json-links', 'reply-6.1-links', 'reply-6.12-links'])(
    'of %s are written as they came, with all that has no name here',
    (name) => {
      const bodies = golden(name)
        .datagrams.flatMap((datagram) => [...messages(datagram)])
        .filter(({ type }) => type === listLinks().replies)
        .map(({ body }) => body);
      for (const body of bodies) {
        const value = decode(linkMessage, body);
        const again = encode(linkMessage, value);
        expect(decode(linkMessage, again)).toEqual(value);
        expect(Math.abs(again.length - body.length)).toBeLessThan(8); // a NUL behind the kind, which ip(8) leaves out
      }
      expect(bodies.length).toBeGreaterThan(3);
    },
  );
});

describe('statistics', () => {
  it('of an older kernel lack the fields that came later', () => {
    const fqOf = (kernel: string) =>
      answers(`reply-${kernel}-options`, listQdiscs()).find(({ kind }) => kind === 'fq')?.stats?.app;
    expect(fqOf('6.12')).toMatchObject({ horizonCaps: 0n, fastpathPackets: 0n, bandPktCount: [0, 0, 0] });
    expect(fqOf('6.1')).toMatchObject({ horizonCaps: 0n });
    expect(fqOf('6.1')).not.toHaveProperty('fastpathPackets');
  });

  it('of fq_codel are those of the qdisc, or of a flow', () => {
    const flow = { deficit: -5, ldelayUs: 7, count: 1, lastcount: 1, dropping: 0, dropNextUs: 0 };
    const codec = fqCodel.appStats;
    expect(codec?.read(new Reader(encode(codec, flow)))).toEqual(flow);
    const qdisc = { maxpacket: 1514, dropOverlimit: 2 };
    expect(codec?.read(new Reader(encode(codec, qdisc)))).toEqual(qdisc);
  });
});
