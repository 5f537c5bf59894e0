import { decode, encode } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { testdata } from '../test/testdata.ts';
import { btfFromElf, codecFor, elfSection, valueFromJson } from './index.ts';

const btf = btfFromElf(testdata('types.bpfel.o'));
const from = (name: string, json: unknown) => valueFromJson(btf, btf.find(name), json);

describe('valueFromJson', () => {
  it('takes back what JSON makes of a value', () => {
    const bytes = elfSection(testdata('types.bpfel.o'), '.data') as Uint8Array;
    const codec = codecFor(btf, btf.find('example'));
    const value = decode(codec, bytes) as Record<string, unknown>;
    const {
      low: _low,
      high: _high,
      ...one
    } = { ...value, number: { whole: (value.number as { whole: bigint }).whole } } as Record<string, unknown>;
    const json = JSON.stringify(one, (_, field) =>
      typeof field === 'bigint'
        ? String(field)
        : field instanceof Uint8Array
          ? `0x${Buffer.from(field).toString('hex')}`
          : field,
    );
    const back = valueFromJson(btf, btf.find('example'), JSON.parse(json));
    expect(encode(codec, back)).toEqual(bytes);
  });

  it('takes text and hexadecimal digits for bytes', () => {
    expect(from('number', { bytes: '0x0102030405060708' })).toEqual({ bytes: [1, 2, 3, 4, 5, 6, 7, 8] });
    expect(from('number', { bytes: 'ab' })).toEqual({ bytes: [97, 98, 0, 0, 0, 0, 0, 0] });
  });

  it.each([
    ['number', { whole: 'many' }, 'whole: "many" is not a whole number'],
    [
      'number',
      { whole: 1.5 },
      'whole: 1.5 is no whole number that JSON carries exactly: write it as a string',
    ],
    ['number', { whole: 2 ** 60 }, 'whole: 1152921504606847000 is no whole number that JSON carries exactly'],
    ['number', { bytes: 'far too long' }, 'bytes: "far too long" takes 12 bytes where 8 fit'],
    [
      'limits',
      [
        { x: 1, y: 2 },
        { x: 1, z: 3 },
      ],
      '1.z: there is no such field; there are: x, y',
    ],
    ['everything', { huge: 5 }, 'huge: 5 is not 16 bytes as 0x...'],
  ])('refuses %s %j', (name, json, message) => {
    expect(() => from(name, json)).toThrow(message);
  });
});
