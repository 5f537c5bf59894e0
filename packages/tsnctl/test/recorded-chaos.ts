import { readFileSync } from 'node:fs';
import type { RecordedChaos } from './chaos-page.ts';

export const chaosFile = new URL('../testdata/chaos.json', import.meta.url);
export const chaosPageFile = new URL('../../../docs/chaos.md', import.meta.url);

/** The run that docs/chaos.md tells of. */
export function recordedChaos(): RecordedChaos {
  return JSON.parse(readFileSync(chaosFile, 'utf8')) as RecordedChaos;
}
