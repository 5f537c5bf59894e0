// npm run -s bench:netlink [-- --quick] [-- -o json]
// What it takes to read the kernel's answers, beside ip -j and tc -j; and to write and check a schedule.
import { requireKernel, requireRoot } from '@tsnctl/proxy';
import { Command, CommanderError } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { painter } from '../src/render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { Progress } from '../src/render/progress.ts';
import { interruptible } from '../src/signals.ts';
import { usageError } from '../src/usage.ts';
import type { CniFigure as Figure } from './cni/figure.ts';
import { renderCniBench } from './cni/render.ts';
import { linksPart, qdiscsPart } from './netlink/decode.ts';
import { efforts, type Part } from './netlink/part.ts';
import { encodePart, validatePart } from './netlink/schedules.ts';

const parts: readonly Part[] = [encodePart, validatePart, linksPart, qdiscsPart];

const program = new Command('bench:netlink')
  .description(
    'measure netlink in TypeScript beside ip and tc, in namespaces of its own; goals are reported only',
  )
  .option('--quick', 'a few seconds, for a first look')
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
  const figures = await interruptible(async (signal) => {
    const progress = new Progress(process.stderr, parts.length);
    const found: Figure[] = [];
    try {
      for (const { title, run } of parts) {
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
