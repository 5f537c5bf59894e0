import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attrs,
  type Codec,
  chars,
  cstring,
  decode,
  encode,
  flag,
  list,
  nest,
  rest,
  struct,
  u8,
  u16,
  u32,
} from './index.ts';

const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
const link = attrs({
  name: [3, cstring],
  mtu: [4, u32],
  info: [18, nest(attrs({ kind: [1, chars], loud: [2, flag] }))],
  entries: [7, list(u16)],
  gates: [8, nest(list(nest(attrs({ mask: [1, u8] })), 1))],
});

describe('attrs', () => {
  it('writes type, length, value and padding, in the order of the keys', () => {
    expect(hex(encode(link, { mtu: 1500, name: 'lo' }))).toBe('08000400dc05000007000300' + '6c6f0000');
    expect(hex(encode(link, { name: 'lo', mtu: 1500 }))).toBe('070003006c6f0000' + '08000400dc050000');
  });

  it('marks nested attributes, and only those that say so', () => {
    expect(hex(encode(link, { info: { kind: 'veth', loud: true } }))).toBe(
      '10001280' + '0800010076657468' + '04000200',
    );
    expect(hex(encode(link, { entries: [5, 6] }))).toBe('14000700' + '0600010005000000' + '0600020006000000');
    expect(hex(encode(link, { gates: [{ mask: 1 }, { mask: 2 }] }))).toBe(
      '1c000880' + '0c0001800500010001000000' + '0c0001800500010002000000',
    );
  });

  it('reads what is marked and what is not', () => {
    const value = { info: { kind: 'veth' } };
    const written = encode(link, value);
    written[3] = 0;
    expect(decode(link, written)).toEqual(value);
  });

  it('leaves out undefined, and a flag that is false', () => {
    expect(encode(link, { name: undefined, mtu: undefined, info: { loud: false } })).toHaveLength(4);
  });

  it('keeps attributes that it does not know, and writes them back', () => {
    const foreign = Uint8Array.from([...encode(link, { mtu: 9 }), 5, 0, 99, 0x80, 7, 0, 0, 0]);
    const value = decode(link, foreign);
    expect(value).toEqual({ mtu: 9, unknown: [{ type: 99, flags: 0x8000, bytes: Uint8Array.of(7) }] });
    expect(encode(link, value)).toEqual(foreign);
  });

  it('takes the last of a repeated attribute, and a last one without padding', () => {
    const twice = Uint8Array.from([...encode(link, { mtu: 1 }), ...encode(link, { mtu: 2 })]);
    expect(decode(link, twice)).toEqual({ mtu: 2 });
    expect(decode(link, Uint8Array.of(6, 0, 3, 0, 0x6c, 0x6f))).toEqual({ name: 'lo' });
  });

  it('refuses broken lengths and names the attribute', () => {
    expect(() => decode(link, Uint8Array.of(3, 0, 4, 0))).toThrow('attribute 4 says it is 3 bytes long');
    expect(() => decode(link, Uint8Array.of(9, 0, 4, 0, 1, 2))).toThrow('mtu: needs 5 bytes, 2 are left');
    expect(() => decode(link, Uint8Array.of(7, 0, 4, 0, 1, 2, 3, 0))).toThrow(
      'mtu: needs 4 bytes, 3 are left',
    );
    expect(() => decode(link, Uint8Array.of(9, 0, 4, 0, 1, 2, 3, 4, 5))).toThrow(
      'mtu: 1 bytes are left over',
    );
    expect(() => decode(link, Uint8Array.of(8, 0, 18, 0, 2, 0, 1, 0))).toThrow(
      'info: attribute 1 says it is 2 bytes',
    );
  });

  it('refuses values that it cannot write', () => {
    const any: Codec<unknown> = link;
    expect(() => encode(any, { speed: 1 })).toThrow('there is no attribute "speed"');
    expect(() => encode(any, { info: { kind: 7 } })).toThrow('info.kind: 7 is not a string');
    expect(() => encode(any, { entries: 7 })).toThrow('entries: 7 is not an array');
    expect(() => encode(any, { unknown: [{ type: 1, bytes: 'x' }] })).toThrow(
      'unknown.0: "x" is not a Uint8Array',
    );
    expect(() => encode(attrs({ data: [1, rest] }), { data: new Uint8Array(0xffff) })).toThrow(
      'data: 65539 bytes do not fit into one attribute',
    );
  });

  it('reads back whatever it writes', () => {
    const message = struct({ family: u8, attrs: link });
    const word = fc.string({ unit: 'grapheme-ascii', maxLength: 15 }).filter((text) => !text.includes('\0'));
    const byte = fc.nat(255);
    const value = fc.record({
      family: byte,
      attrs: fc.record(
        {
          name: word,
          mtu: fc.nat(),
          info: fc.record({ kind: word, loud: fc.constant(true) }, { requiredKeys: [] }),
          entries: fc.array(fc.nat(0xffff), { minLength: 1 }),
          gates: fc.array(fc.record({ mask: byte })),
          unknown: fc.array(
            fc.record({ type: fc.integer({ min: 100, max: 0x3fff }), bytes: fc.uint8Array() }),
            { minLength: 1 },
          ),
        },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(value, (given) => {
        expect(decode(message, encode(message, given))).toEqual(given);
      }),
    );
  });
});
