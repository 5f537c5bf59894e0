import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileInputs } from '../../../codec/test/fuzz.ts';
import { stored } from '../../test/directory.ts';
import { CniError } from '../error.ts';
import { memberAt, type Place, placesIn, splice, textAt } from './json-places.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('placesIn', () => {
  it('finds every value where it is, however the text is laid out', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4, '\t'), (value, indent) => {
        const text = bytes(`\r\n\t ${JSON.stringify(value, null, indent)} \n`);
        expect(valueAt(text, placesIn(text))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('accepts what JSON.parse accepts, and refuses what that refuses', { timeout: 30_000 }, () => {
    const seeds = ['kindnet', 'aws', 'ovn'].map((name) => stored(name).files[0]?.bytes ?? bytes(''));
    let accepted = 0;
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    for (const input of hostileInputs(
      [...seeds, bytes('{"a":[1e5,-0.5,true,null,"\\u00e4\\n"]}')],
      6_000,
      1,
    )) {
      const text = bytes(utf8.decode(input)); // both shall see the same text
      expect(
        accepts(() => placesIn(text)),
        utf8.decode(text),
      ).toBe(accepts(() => JSON.parse(utf8.decode(text))));
      accepted += Number(accepts(() => placesIn(text)));
    }
    expect(accepted).toBeGreaterThan(100);
  });

  it('works on bytes that are no UTF-8, and names the byte that is wrong', () => {
    const text = Uint8Array.from([...bytes('{"a":"'), 0xff, 0xc3, ...bytes('","b":2}')]);
    const place = memberAt(placesIn(text), 'b');
    expect(place && textAt(text, place)).toBe('2');
    expect(() => placesIn(bytes('{"a":1,}'))).toThrow('not JSON: unexpected "}" at byte 7');
    expect(() => placesIn(bytes('{"a"'))).toThrow('not JSON: the text ends at byte 4');
    expect(() => placesIn(bytes('['.repeat(1000)))).toThrow('nested deeper than 128');
  });

  it('takes the last of members with the same key', () => {
    const text = bytes('{"a":1,"a":2}');
    const place = memberAt(placesIn(text), 'a');
    expect(place && textAt(text, place)).toBe('2');
  });
});

it('splice replaces a piece and keeps the rest', () => {
  expect(splice(bytes('abcdef'), 2, 4, bytes('X'))).toEqual(bytes('abXef'));
});

function valueAt(text: Uint8Array, place: Place): unknown {
  if (place.items) return place.items.map((item) => valueAt(text, item));
  if (!place.members) return JSON.parse(textAt(text, place));
  const object: Record<string, unknown> = JSON.parse('{}');
  for (const { key, value } of place.members) {
    Object.defineProperty(object, key, {
      value: valueAt(text, value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof CniError || error instanceof SyntaxError) return false;
    throw error;
  }
}
