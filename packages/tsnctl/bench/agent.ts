// npm run -s bench:agent [-- --quick] [-- -o json]
// What the resident agent takes: time to attach to a new pod, to start, and what it costs to have it there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireBpf, requireKernel, requireRoot } from '@tsnctl/proxy';
import { Command, CommanderError } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { painter } from '../src/render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { Progress } from '../src/render/progress.ts';
import { interruptible } from '../src/signals.ts';
import { usageError } from '../src/usage.ts';
import { buildBundle } from './agent/bundled.ts';
import { agentEfforts, agentParts } from './agent/parts.ts';
import type { CniFigure } from './cni/figure.ts';
import { renderCniBench } from './cni/render.ts';

const program = new Command('bench:agent')
  .description(
    'measure the resident agent, bundled as it is installed, in labs of namespaces; goals are reported only',
  )
  .option('--quick', 'half a minute, for a first look')
  .addOption(outputOption())
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .action(bench);

const args = process.argv.slice(2);
try {
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  process.exitCode = ended(error);
}

async function bench({ quick, output }: { quick?: boolean; output: OutputFormat }): Promise<void> {
  requireKernel();
  requireRoot();
  requireBpf();
  const folder = mkdtempSync(join(tmpdir(), 'tsnctl-bench-'));
  try {
    const figures = await interruptible(async (signal) => {
      const progress = new Progress(process.stderr, agentParts.length + 1);
      const found: CniFigure[] = [];
      try {
        progress.next('bundle');
        const agent = await buildBundle(join(folder, 'bundle'));
        for (const { title, run } of agentParts) {
          signal.throwIfAborted();
          progress.next(title);
          found.push(...(await run(agent, agentEfforts[quick ? 'quick' : 'full'], signal)));
        }
        return found;
      } finally {
        progress.clear();
      }
    });
    await printResult(output, { figures }, () => renderCniBench(figures, painter(process.stdout)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ended(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help
  const reported = error instanceof CommanderError ? usageError(program, args, error) : error;
  reportError(reported);
  return exitCodeOf(reported);
}
