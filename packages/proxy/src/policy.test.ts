import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describePolicy,
  formatPriorities,
  parseDuration,
  parsePriorities,
  parseRemap,
  policyOfRow,
  policyRow,
} from './policy.ts';

describe('policyRow', () => {
  it('gives each requested priority a nibble, 0 where it is denied', () => {
    expect(policyRow({ allow: [3, 5], remap: { 6: 3 }, horizonNs: 7n })).toEqual({
      priorities: 0x0000_0000_0350_3000n,
      horizon_ns: 7n,
    });
  });

  it('lets a remap win over an allowance of the same priority', () => {
    expect(policyRow({ allow: [6], remap: { 6: 3 }, horizonNs: 0n }).priorities).toBe(3n << 24n);
  });

  it('is undone by policyOfRow', () => {
    const rows = fc.record({
      priorities: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits & ~15n),
      horizon_ns: fc.bigInt({ min: 0n, max: 2n ** 63n }),
    });
    fc.assert(
      fc.property(rows, (row) => {
        expect(policyRow(policyOfRow(row))).toEqual(row);
      }),
    );
  });
});

describe('flags', () => {
  it('reads lists of priorities', () => {
    expect(parsePriorities('3,5-6')).toEqual([3, 5, 6]);
    expect(formatPriorities(parsePriorities('6, 1-3,2'))).toBe('1-3,6');
  });

  it.each(['', '0', '16', '3,', '6-5', 'high', '1-', '3;4'])('refuses the priorities "%s"', (text) => {
    expect(() => parsePriorities(text)).toThrow(`"${text}" is not a list of priorities`);
  });

  it('reads remappings', () => {
    expect(parseRemap('6=3, 7=3')).toEqual({ 6: 3, 7: 3 });
  });

  it.each(['6', '6=', '6=0', '0=3', '6=16', 'a=b'])('refuses the remapping "%s"', (text) => {
    expect(() => parseRemap(text)).toThrow(`"${text}" is not a list of remappings`);
  });

  it('reads horizons', () => {
    expect(parseDuration('500us')).toBe(500_000n);
    expect(parseDuration('10s')).toBe(10_000_000_000n);
  });

  it.each(['', '0s', '10', '5 s', '1h', '-1s', '31536001s'])('refuses the horizon "%s"', (text) => {
    expect(() => parseDuration(text)).toThrow(`"${text}" is not a horizon`);
  });
});

describe('describePolicy', () => {
  it('says in one line what a pod may do', () => {
    expect(describePolicy({ allow: [3, 5, 6], remap: { 7: 3 }, horizonNs: 20_000_000n })).toBe(
      'priorities 3,5-6, 7 as 3, launch time up to 20ms ahead',
    );
    expect(describePolicy({ allow: [], remap: {}, horizonNs: 0n })).toBe('nothing');
  });
});
