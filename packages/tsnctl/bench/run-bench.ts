import { Command, CommanderError } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { painter } from '../src/render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { usageError } from '../src/usage.ts';
import type { CniFigure } from './cni/figure.ts';
import { renderCniBench } from './cni/render.ts';

/** A part of a benchmark: what it measures, and how thoroughly. */
export type BenchPart = (options: { quick: boolean }) => CniFigure[] | Promise<CniFigure[]>;

/** The command line of a benchmark: `--quick`, `-o`, and an exit code that says only whether it ran. */
export async function runBench(
  name: string,
  description: string,
  parts: readonly BenchPart[],
): Promise<void> {
  const program = new Command(name)
    .description(`${description}; goals are reported only`)
    .option('--quick', 'a first look')
    .addOption(outputOption())
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .action(async ({ quick = false, output }: { quick?: boolean; output: OutputFormat }) => {
      const figures: CniFigure[] = [];
      for (const part of parts) figures.push(...(await part({ quick })));
      await printResult(output, { figures }, () => renderCniBench(figures, painter(process.stdout)));
    });
  const args = process.argv.slice(2);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help
    const reported = error instanceof CommanderError ? usageError(program, args, error) : error;
    reportError(reported);
    process.exitCode = exitCodeOf(reported);
  }
}
