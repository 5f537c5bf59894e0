import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { matrixPaths } from '../src/paths/matrix.ts';
import { pathsPage, type RecordedKernel } from './paths-page.ts';
import { matrixDirectory, pathsPageFile, recordedKernels } from './recorded-kernels.ts';

const KERNELS = ['6.1', '6.12', 'newest'];
const GUEST_FILE = '/run/matrix.json';

/** npm run docs:paths [-- --measure [KERNEL...]]: measure the matrix in virtual machines, and write docs/paths.md. */
const [option, ...named] = process.argv.slice(2);
if (option === '--measure') for (const name of named.length > 0 ? named : KERNELS) measure(name);
else if (option !== undefined) throw new Error('usage: npm run docs:paths -- [--measure [KERNEL...]]');
writeFileSync(pathsPageFile, pathsPage(matrixPaths, recordedKernels()));

/** The guest's files do not stay: so the tests' talk goes to stderr, and what they wrote comes by stdout. */
function measure(name: string): void {
  const environment = `TSNCTL_VM=${name} TSNCTL_VM_SET=full TSNCTL_MATRIX=${GUEST_FILE}`;
  const tests = 'vitest run --mode vm --dir packages/lab matrix';
  const script = `${environment} ${tests} 1>&2; failed=$?; cat ${GUEST_FILE}; exit $failed`;
  const { status, stdout } = spawnSync(
    'npm',
    ['run', '-s', 'vm', '--', name, '--limit', '3600', '--repeatable', '--', 'sh', '-c', script],
    {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: 1 << 24,
    },
  );
  if (status !== 0) throw new Error(`${name}: the matrix failed; nothing is recorded`);
  const recorded = JSON.parse(stdout) as RecordedKernel;
  const rows = recorded.rows.map((row) => JSON.stringify(row)).join(',\n    ');
  const { kernel, release, hostMode } = recorded;
  mkdirSync(matrixDirectory, { recursive: true });
  writeFileSync(
    new URL(`${kernel}.json`, matrixDirectory),
    `{\n  "kernel": "${kernel}",\n  "release": "${release}",\n  "hostMode": ${hostMode},\n  "rows": [\n    ${rows}\n  ]\n}\n`,
  );
}
