import { describe, expect, it } from 'vitest';
import { type FuzzTarget, feed, inputsOf, storedInputs } from './fuzz.ts';

/** The tests of a package's test/targets.ts: each target meets its share of 100 000 inputs, and what once broke one. */
export function testHostileInput(of: { targets: readonly FuzzTarget[]; crashers: URL }): void {
  describe('hostile input', () => {
    it.each(of.targets)('ends in a value or in a TsnctlError: $name, $share times', (target) => {
      const seen = { value: 0, refused: 0 };
      for (const input of inputsOf(target, target.share)) seen[feed(target.name, target.run, input)]++;
      expect(Math.min(seen.value, seen.refused)).toBeGreaterThan(target.share / 50);
    });

    it('that once was too much no longer is', () => {
      const stored = storedInputs(of.crashers);
      expect(stored.length).toBeGreaterThan(0);
      for (const { name, bytes } of stored)
        for (const target of of.targets) feed(`${target.name}, ${name}`, target.run, bytes);
    });
  });
}
