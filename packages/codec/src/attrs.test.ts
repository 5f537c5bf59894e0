import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attrPathAt,
  attrs,
  type Codec,
  chars,
  cstring,
  decode,
  encode,
  flag,
  list,
  nest,
  repeat,
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

describe('a repeated attribute', () => {
  const codec = attrs({ mtu: [4, u32], classes: [12, repeat(nest(attrs({ tc: [1, u8] })))], last: [5, u8] });
  const value = {
    mtu: 1,
    classes: [{ tc: 0 }, { tc: 1, unknown: [{ type: 9, bytes: Uint8Array.of(7) }] }],
    last: 2,
  };

  it('is all of them, in order', () => {
    const written = encode(codec, value);
    expect(hex(written)).toBe(
      '0800040001000000' +
        '0c000c80' +
        '0500010000000000' +
        '14000c80' +
        '0500010001000000' +
        '0500090007000000' +
        '0500050002000000',
    );
    expect(decode(codec, written)).toEqual(value);
    expect(decode(codec, encode(codec, { mtu: 1 }))).toEqual({ mtu: 1 });
  });

  it('names the one that is wrong', () => {
    const any: Codec<unknown> = codec;
    expect(() => encode(any, { classes: [{ tc: 0 }, { tc: 256 }] })).toThrow(
      'classes.1.tc: 256 is not an integer from 0 to 255',
    );
    expect(() => encode(any, { classes: 7 })).toThrow('classes: 7 is not an array');
    expect(() => decode(codec, Uint8Array.of(4, 0, 12, 0, 6, 0, 12, 0, 1, 0))).toThrow(
      'classes.1: needs 4 bytes',
    );
  });
});

describe('attrPathAt', () => {
  const message = struct({ family: u32, attrs: link });
  const bytes = encode(message, {
    family: 1,
    attrs: { mtu: 9, info: { kind: 'veth' }, gates: [{ mask: 1 }, { mask: 2 }] },
  });

  it.each([
    [0, undefined],
    [4, 'attrs.mtu'],
    [8, 'attrs.mtu'],
    [12, 'attrs.info'],
    [16, 'attrs.info.kind'],
    [24, 'attrs.gates'],
    [28, 'attrs.gates.0'],
    [32, 'attrs.gates.0.mask'],
    [40, 'attrs.gates.1'],
    [44, 'attrs.gates.1.mask'],
    [400, undefined],
  ])('at %i finds %s', (offset, path) => {
    expect(attrPathAt(message, bytes, offset)).toBe(path);
  });

  it('says what it has found in bytes that are cut off', () => {
    expect(attrPathAt(message, bytes.subarray(0, 45), 12)).toBe('attrs.info');
  });
});
