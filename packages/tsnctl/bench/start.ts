// npm run -s bench:start [-- -o json]
// How long the command line takes to start: from the bundle, and from the sources, beside Node that does nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compared, type Figure } from '@tsnctl/lab';
import { runBench } from './run-bench.ts';

const build = fileURLToPath(new URL('../bundle/build.mjs', import.meta.url));
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

await runBench({
  name: 'bench:start',
  measures: 'how long the command line takes to start, beside Node that does nothing',
  efforts: { full: { rounds: 25 }, quick: { rounds: 5 } },
  parts: [{ title: 'bundle, launcher and sources', run: ({ rounds }) => starts(rounds) }],
});

function starts(rounds: number): Figure[] {
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
    return Object.entries(ways).map(([name, [command, goal]]) => {
      const pairs = Array.from({ length: rounds }, () => ({
        value: time(command),
        against: time([node, '-e', '0']),
      }));
      return compared(name, 'ms', pairs, goal);
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function time([program = '', ...args]: readonly string[]): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return performance.now() - begin;
}
