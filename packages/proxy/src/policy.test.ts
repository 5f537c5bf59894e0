import { formatPriorities } from '@tsnctl/netlink';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkPolicy,
  clamp,
  describePolicy,
  type Policy,
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

const priorities = fc.integer({ min: 1, max: 15 });
const policies: fc.Arbitrary<Policy> = fc.record({
  allow: fc.uniqueArray(priorities),
  remap: fc.dictionary(priorities.map(String), priorities),
  horizonNs: fc.bigInt({ min: 0n, max: 10n ** 10n }),
});
const sentAs = (policy: Policy, asked: number) =>
  Number((policyRow(policy).priorities >> BigInt(asked * 4)) & 15n);
const isValid = (policy: Policy) => {
  try {
    checkPolicy(policy);
    return true;
  } catch {
    return false;
  }
};

describe('clamp', () => {
  it('sends as the next allowed priority below, and leaves what is below all as 0', () => {
    const clamped = clamp({ allow: [3, 5], remap: { 7: 3 }, horizonNs: 9n });
    expect(Array.from({ length: 16 }, (_, asked) => sentAs(clamped, asked))).toEqual([
      0, 0, 0, 3, 3, 5, 5, 3, 5, 5, 5, 5, 5, 5, 5, 5,
    ]);
    expect(clamped).toMatchObject({ allow: [3, 5], horizonNs: 9n });
  });

  it('never grants what is above the request nor what is not allowed, and changes nothing that was granted', () => {
    fc.assert(
      fc.property(policies.filter(isValid), (policy) => {
        const clamped = clamp(policy);
        checkPolicy(clamped);
        for (let asked = 1; asked <= 15; asked++) {
          const [before, after] = [sentAs(policy, asked), sentAs(clamped, asked)];
          if (before !== 0) expect(after).toBe(before);
          else {
            expect(after).toBeLessThanOrEqual(asked);
            expect([0, ...policy.allow]).toContain(after);
            const between = policy.allow.filter((allowed) => allowed > after && allowed <= asked);
            expect(between).toEqual([]);
          }
        }
        expect(clamp(clamped)).toEqual(clamped);
      }),
    );
  });
});

describe('checkPolicy', () => {
  it.each<[string, Partial<Policy>, string, string]>([
    [
      'allowed and remapped',
      { allow: [3, 6], remap: { 6: 3 } },
      'priority 6 is both allowed and remapped to 3',
      'one of the two: --allow without 6, or --remap without 6=3',
    ],
    [
      'remapped to itself without being allowed',
      { remap: { 6: 6 } },
      'priority 6 is remapped to 6, which is not allowed',
      '--allow 6',
    ],
    [
      'remapped to what is not allowed',
      { allow: [5], remap: { 6: 3 } },
      'priority 6 is remapped to 3, which is not allowed',
      '--allow 3,5',
    ],
  ])('refuses %s', (_, part, message, hint) => {
    const check = () => checkPolicy({ allow: [], remap: {}, horizonNs: 0n, ...part });
    expect(check).toThrow(expect.objectContaining({ code: 'BAD_POLICY', message, hint }));
  });

  it('lets through only what sends each granted priority as an allowed one', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        const contradicts = Object.entries(policy.remap).some(
          ([asked, sent]) => policy.allow.includes(Number(asked)) || !policy.allow.includes(sent),
        );
        expect(isValid(policy)).toBe(!contradicts);
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

  it('refuses two answers for one priority', () => {
    expect(() => parseRemap('6=3,6=5')).toThrow('priority 6 is remapped to 3 and to 5');
    expect(parseRemap('6=3,6=3')).toEqual({ 6: 3 });
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
    expect(describePolicy({ allow: [3], remap: {}, horizonNs: 0n })).toBe('priority 3');
    expect(describePolicy({ allow: [], remap: { 7: 3 }, horizonNs: 0n })).toBe('7 as 3');
    expect(describePolicy({ allow: [], remap: {}, horizonNs: 0n })).toBe('nothing');
  });
});
