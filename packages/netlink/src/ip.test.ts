import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp, parsePrefix } from './index.ts';

describe('IP addresses', () => {
  // RFC 5952, sections 1, 4 and 5
  it.each([
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['10.0.0.255', '10.0.0.255'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatIp(parseIp(text))).toBe(canonical);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '10.0.0.1.2',
    '0x10.0.0.1',
    ':',
    ':::',
    '1:2',
    '1::2::3',
    '::12345',
    '::g',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::10.0.0',
    'fe80::1%eth0',
    '1:',
    ':1',
    ' ::1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1.2.3.4::',
  ])('%j is no address', (text) => {
    expect(() => parseIp(text)).toThrow('is not an IPv4 or IPv6 address');
    expect(isIP(text.replace(/%.*/, '%'))).toBe(0);
  });

  it('reads back what it writes, and writes what Node too takes for an address', () => {
    const bytes = fc
      .constantFrom(4, 16)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const sparse = fc
      .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
      .map((it) => Uint8Array.from(it));
    fc.assert(
      fc.property(fc.oneof(bytes, sparse), (address) => {
        const text = formatIp(address);
        expect(parseIp(text)).toEqual(address);
        expect(isIP(text)).toBe(address.length === 4 ? 4 : 6);
      }),
    );
  });

  it('parses what Node parses, and nothing else', () => {
    const shape = fc.array(fc.constantFrom(':', '::', '.', '0', '1', 'ff', 'a1b2', '255', '256', '00'), {
      maxLength: 16,
    });
    fc.assert(
      fc.property(
        shape.map((parts) => parts.join('')),
        (text) => {
          expect(accepts(text)).toBe(isIP(text) !== 0);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('takes prefixes apart', () => {
    expect(parsePrefix('10.0.0.1/24')).toEqual({ family: 4, address: '10.0.0.1', length: 24 });
    expect(parsePrefix('fd00::/0')).toEqual({ family: 6, address: 'fd00::', length: 0 });
    expect(parsePrefix('fd00::1')).toEqual({ family: 6, address: 'fd00::1', length: 128 });
    for (const text of ['10.0.0.1/33', '::/129', '10.0.0.1/', '10.0.0.1/-1', '10.0.0.1/8/8', '/8', '']) {
      expect(() => parsePrefix(text)).toThrow('is not an address and a prefix length');
    }
  });
});

function accepts(text: string): boolean {
  try {
    parseIp(text);
    return true;
  } catch {
    return false;
  }
}
