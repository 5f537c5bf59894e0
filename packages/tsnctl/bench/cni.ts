// npm run -s bench:cni [-- --quick] [-- -o json]
// What our CNI plugin costs, beside plugins in Go and within the start of a pod.
import { requireBpf, requireKernel, requireRoot } from '@tsnctl/proxy';
import { Command, CommanderError } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { painter } from '../src/render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { Progress } from '../src/render/progress.ts';
import { interruptible } from '../src/signals.ts';
import { usageError } from '../src/usage.ts';
import { addParts } from './cni/add.ts';
import { addChainParts } from './cni/add-chain.ts';
import type { CniFigure } from './cni/figure.ts';
import { efforts, type Part } from './cni/part.ts';
import { renderCniBench } from './cni/render.ts';
import { runPodPart } from './cni/run-pod.ts';
import { stepsPart } from './cni/steps.ts';
import { versionPart } from './cni/version.ts';

const parts: readonly Part[] = [versionPart, ...addParts, ...addChainParts, stepsPart, runPodPart];

const program = new Command('bench:cni')
  .description(
    'measure the CNI plugin beside plugins in Go, in labs of namespaces and in containerd; goals are reported only',
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
  const figures = await interruptible(async (signal) => {
    const progress = new Progress(process.stderr, parts.length);
    const found: CniFigure[] = [];
    try {
      for (const { title, run } of parts) {
        signal.throwIfAborted();
        progress.next(title);
        found.push(...(await run(efforts[quick ? 'quick' : 'full'], signal)));
      }
      return found;
    } finally {
      progress.clear();
    }
  });
  await printResult(output, { figures }, () => renderCniBench(figures, painter(process.stdout)));
}

function ended(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help
  const reported = error instanceof CommanderError ? usageError(program, args, error) : error;
  reportError(reported);
  return exitCodeOf(reported);
}
