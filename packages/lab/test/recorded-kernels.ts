import { readdirSync, readFileSync } from 'node:fs';
import type { RecordedKernel } from './paths-page.ts';

export const matrixDirectory = new URL('../testdata/matrix/', import.meta.url);
export const pathsPageFile = new URL('../../../docs/paths.md', import.meta.url);

/** What was measured, the oldest kernel first. */
export function recordedKernels(): RecordedKernel[] {
  return readdirSync(matrixDirectory)
    .map((file) => JSON.parse(readFileSync(new URL(file, matrixDirectory), 'utf8')) as RecordedKernel)
    .sort((a, b) => a.kernel.localeCompare(b.kernel, 'en', { numeric: true }));
}
