import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChaosRow } from '../../lab/test/chaos/record.ts';
import { chaosPage } from './chaos-page.ts';
import { chaosFile, chaosPageFile, recordedChaos } from './recorded-chaos.ts';

/** npm run docs:chaos [-- --measure]: run the whole suite, and write docs/chaos.md. */
const [option] = process.argv.slice(2);
if (option === '--measure') measure();
else if (option !== undefined) throw new Error('usage: npm run docs:chaos -- [--measure]');
writeFileSync(chaosPageFile, chaosPage(recordedChaos()));

function measure(): void {
  const directory = mkdtempSync(join(tmpdir(), 'tsnctl-chaos-'));
  try {
    const file = join(directory, 'rows');
    const { status } = spawnSync('npm', ['run', '-s', 'test:chaos', '--', '--full'], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      stdio: 'inherit',
      env: { ...process.env, TSNCTL_CHAOS_RECORD: file },
    });
    if (status !== 0) throw new Error('the suite failed; nothing is recorded');
    writeFileSync(chaosFile, record(readFileSync(file, 'utf8').trim().split('\n')));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A line for each row. */
function record(lines: readonly string[]): string {
  const rows = lines.map((line) => JSON.stringify(JSON.parse(line) as ChaosRow));
  return `{\n  "release": ${JSON.stringify(release().split('-')[0])},\n  "rows": [\n    ${rows.join(',\n    ')}\n  ]\n}\n`;
}
