import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pathsPage } from '../../test/paths-page.ts';
import { pathsPageFile, recordedKernels } from '../../test/recorded-kernels.ts';
import { matrixPaths } from './matrix.ts';

const names = matrixPaths.map(({ name }) => name);

it('has a name for every path', () => {
  expect(new Set(names).size).toBe(names.length);
});

it('docs/paths.md is made of what was measured: npm run docs:paths', () => {
  expect(readFileSync(pathsPageFile, 'utf8')).toBe(pathsPage(matrixPaths, recordedKernels()));
});

describe.for(recordedKernels())('what was measured on $kernel', ({ rows, hostMode }) => {
  it('has every path, in every mode that there is', () => {
    const measured = rows.map(({ path, mode }) => `${path} ${mode}`).sort();
    const modes = hostMode ? ['host', 'pod'] : ['pod'];
    const wanted = matrixPaths.flatMap(({ name, native }) =>
      (native ? ['native'] : modes).map((mode) => `${name} ${mode}`),
    );
    expect(measured).toEqual(wanted.sort());
  });

  it('lost nothing but what a path says of itself', () => {
    const broken = rows.filter(
      ({ lost, records, priority, timed, launchTime, wrong }) =>
        wrong > 0 || (lost === undefined && (records === 0 || priority !== records || launchTime !== timed)),
    );
    expect(broken).toEqual([]);
  });
});
