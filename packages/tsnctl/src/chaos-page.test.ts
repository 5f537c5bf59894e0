import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chaosPage } from '../test/chaos-page.ts';
import { chaosPageFile, recordedChaos } from '../test/recorded-chaos.ts';

it('docs/chaos.md says what was recorded: npm run docs:chaos', () => {
  expect(readFileSync(chaosPageFile, 'utf8')).toBe(chaosPage(recordedChaos()));
});

it('a run in which a packet was wrong or lost by us is none to record', () => {
  const lost = recordedChaos().rows.filter(
    (row) => row.what === 'fault' && row.takes !== 'packets' && row.missing > 0,
  );
  expect(lost).toEqual([]);
});
