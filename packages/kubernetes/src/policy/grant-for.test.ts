import { policyRow } from '@tsnctl/proxy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TsnPolicy } from '../crd/tsn-policy.ts';
import { API_VERSION } from '../names.ts';
import { grantFor, policyOf } from './grant-for.ts';

function policy(name: string, spec: Partial<TsnPolicy['spec']>): TsnPolicy {
  return {
    apiVersion: API_VERSION,
    kind: 'TsnPolicy',
    metadata: { name },
    spec: { namespaceSelector: {}, priorities: [3], ...spec },
  };
}

const camera = { labels: { app: 'camera' }, namespaceLabels: { 'kubernetes.io/metadata.name': 'line1' } };

describe('a pod is granted', () => {
  it('nothing where no policy selects it', () => {
    const others = [
      policy('other-pods', { podSelector: { matchLabels: { app: 'printer' } } }),
      policy('other-namespaces', {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'line2' } },
      }),
    ];
    expect(grantFor(camera, others)).toEqual({
      policy: { allow: [], remap: {}, horizonNs: 0n },
      by: [],
      disagreements: [],
    });
  });

  it('what all that select it grant together', () => {
    const {
      policy: granted,
      by,
      disagreements,
    } = grantFor(camera, [
      policy('b', { priorities: [5], launchTime: { horizon: '20ms' } }),
      policy('a', { priorities: [3], remap: [{ from: 6, to: 3 }] }),
    ]);
    expect(granted).toEqual({ allow: [3, 5], remap: { 6: 3 }, horizonNs: 20_000_000n });
    expect({ by, disagreements }).toEqual({ by: ['a', 'b'], disagreements: [] });
  });

  it('the lower priority and the shorter horizon where they disagree, and is told so', () => {
    const granted = grantFor(camera, [
      policy('strict', { priorities: [3], remap: [{ from: 6, to: 3 }], launchTime: { horizon: '1ms' } }),
      policy('open', { priorities: [6], launchTime: { horizon: '1s' } }),
    ]);
    expect(granted.policy).toEqual({ allow: [3], remap: { 6: 3 }, horizonNs: 1_000_000n });
    expect(granted.disagreements).toEqual([
      'priority 6: open sends it as 6, strict sends it as 3; 3 holds',
      'launch times: strict has the shortest horizon, which holds',
    ]);
  });
});

const priorities = fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { minLength: 1 });
const policies = fc.array(
  fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), priorities, clamp: fc.boolean() }),
  { maxLength: 6 },
);

it('never more than some policy grants, whatever their order', () => {
  fc.assert(
    fc.property(policies, (specs) => {
      const all = specs.map(({ name, ...spec }, at) => policy(`${name}-${at}`, spec));
      const granted = grantFor(camera, all);
      expect(grantFor(camera, all.toReversed())).toEqual(granted);
      const rows = all.map((one) => policyRow(policyOf(one)).priorities);
      const nibble = (row: bigint, asked: number) => (row >> BigInt(asked * 4)) & 15n;
      for (let asked = 1; asked <= 15; asked++) {
        const sent = nibble(policyRow(granted.policy).priorities, asked);
        const offers = rows.map((row) => nibble(row, asked)).filter((value) => value !== 0n);
        expect(sent).toBe(offers.length === 0 ? 0n : offers.reduce((a, b) => (a < b ? a : b)));
      }
    }),
  );
});
