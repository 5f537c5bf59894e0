// npm run -s bench:start [-- -o json]
// How long the command line takes to start: from the bundle, and from the sources, beside Node that does nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { painter } from '../src/render/colour.ts';
import { type OutputFormat, printResult } from '../src/render/output.ts';
import { comparedMs } from './cni/figure.ts';
import { renderCniBench } from './cni/render.ts';

const { values } = parseArgs({
  options: {
    output: { type: 'string', short: 'o', default: 'table' },
    rounds: { type: 'string', default: '25' },
  },
});
const build = fileURLToPath(new URL('../bundle/build.mjs', import.meta.url));
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tsnctl-start-'));
try {
  const bundle = join(directory, 'bundle');
  execFileSync(process.execPath, [build, '--out', bundle, '--with-node']);
  const node = join(bundle, 'bin/node');
  const ways: Record<string, [string[], number | null]> = {
    'start/bundle': [[node, join(bundle, 'lib/main.js'), '--version'], 1.7],
    'start/launcher': [['/bin/sh', join(bundle, 'bin/tsnctl'), '--version'], null],
    'start/sources': [[node, '-C', '@tsnctl/source', main, '--version'], null],
  };
  const figures = Object.entries(ways).map(([name, [command, goal]]) => {
    const pairs = Array.from({ length: Number(values.rounds) }, () => ({
      value: time(command),
      against: time([node, '-e', '0']),
    }));
    return comparedMs(name, pairs, goal);
  });
  await printResult(values.output as OutputFormat, { figures }, () =>
    renderCniBench(figures, painter(process.stdout)),
  );
} finally {
  rmSync(directory, { recursive: true });
}

function time([program = '', ...args]: readonly string[]): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return performance.now() - begin;
}
