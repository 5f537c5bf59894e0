// npm run -s bench:dataplane [-- --quick] [-- -o json]
// What the data plane costs, and whether it ever mixes packets up: docs/decisions/2026-11-29-cost-on-a-machine-at-rest.md
import { benchDataplane, dataplaneParts, efforts } from '@tsnctl/lab';
import { requireBpf, requireKernel, requireRoot } from '@tsnctl/proxy';
import { Command, CommanderError } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { renderBench } from '../src/render/bench.ts';
import { painter } from '../src/render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { Progress } from '../src/render/progress.ts';
import { interruptible } from '../src/signals.ts';
import { usageError } from '../src/usage.ts';

const program = new Command('bench:dataplane')
  .description(
    'measure the data plane beside the reference design, in a lab of namespaces; goals are reported only',
  )
  .option('--quick', 'less than a minute, for a first look')
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
  const result = await interruptible((signal) => {
    const progress = new Progress(process.stderr, dataplaneParts.length);
    const effort = quick ? efforts.quick : efforts.full;
    return benchDataplane({ effort, signal, onPart: (title) => progress.next(title) }).finally(() =>
      progress.clear(),
    );
  });
  await printResult(output, result, () => renderBench(result, painter(process.stdout)));
}

function ended(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help
  const reported = error instanceof CommanderError ? usageError(program, args, error) : error;
  reportError(reported);
  return exitCodeOf(reported);
}
