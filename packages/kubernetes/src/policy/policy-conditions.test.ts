import { expect, it } from 'vitest';
import { policy } from '../../test/cluster.ts';
import { tsnPolicy } from '../crd/tsn-policy.ts';
import { askedAndGranted } from './asked-and-granted.ts';
import { policyConditions } from './policy-conditions.ts';

const overlaps = (...all: object[]) =>
  Object.fromEntries(
    [...policyConditions(all.map((one) => tsnPolicy.parse(one)))].map(([name, findings]) => {
      const found = findings.find(({ type }) => type === 'Overlaps');
      return [name, `${found?.status} ${found?.reason}: ${found?.message}`];
    }),
  );
const remaps = { priorities: [3], remap: [{ from: 6, to: 3 }] };
const allows = { priorities: [6] };

it('two that say different things of the same pods', () => {
  const message = 'of pods that several select: priority 6: a sends it as 3, b sends it as 6; 3 holds';
  expect(overlaps(policy('a', remaps), policy('b', allows))).toEqual({
    a: `True Disagreement: ${message}`,
    b: `True Disagreement: ${message}`,
  });
});

it('not where no pod can be selected by both, or where they say the same', () => {
  const none = 'False NoOverlap: no other policy for the same pods says something else';
  const [one, two] = ['1', '2'].map((line) => ({ podSelector: { matchLabels: { line } } }));
  expect(overlaps(policy('a', { ...remaps, ...one }), policy('b', { ...allows, ...two }))).toEqual({
    a: none,
    b: none,
  });
  expect(overlaps(policy('a', allows), policy('b', allows))).toEqual({ a: none, b: none });
});

it('what is asked for and granted: sent as the grant has it, the rest is withheld', () => {
  const asked = { allow: [3, 5, 6], remap: { 7: 6, 8: 5 }, horizonNs: 10_000_000_000n, namesHorizon: true };
  const granted = { allow: [3], remap: { 6: 3 }, horizonNs: 1_000_000n };
  expect(askedAndGranted(asked, granted)).toEqual({
    policy: { allow: [3], remap: { 6: 3, 7: 3 }, horizonNs: 1_000_000n },
    withheld: ['priority 5', 'remapping 8=5', 'launch times beyond 1ms'],
  });
  expect(askedAndGranted(asked, { allow: [], remap: {}, horizonNs: 0n }).withheld).toEqual([
    'priorities 3,5-6',
    'remapping 7=6',
    'remapping 8=5',
    'launch times',
  ]);
});
