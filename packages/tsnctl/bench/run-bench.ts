import type { Figure } from '@tsnctl/lab';
import { Command, CommanderError } from 'commander';
import { exitCodeOf, reportError } from '../src/exit.ts';
import { type Paint, painter } from '../src/render/colour.ts';
import { type OutputFormat, outputOption, printResult } from '../src/render/output.ts';
import { Progress } from '../src/render/progress.ts';
import { interruptible } from '../src/signals.ts';
import { usageError } from '../src/usage.ts';
import { renderFigures } from './render-figures.ts';

/** One thing that is measured. */
export interface BenchPart<Effort> {
  readonly title: string;
  run(effort: Effort, signal: AbortSignal): readonly Figure[] | Promise<readonly Figure[]>;
}

/** Where all that differs is how often. */
export const quickness = { full: { quick: false }, quick: { quick: true } };
export type Measure = BenchPart<typeof quickness.full>['run'];

export interface Bench<Effort> {
  /** `bench:cni` */
  readonly name: string;
  /** What is measured beside what. */
  readonly measures: string;
  /** How thoroughly: by default, and with --quick, which takes as long as `quickly` says. */
  readonly efforts: { readonly full: Effort; readonly quick: Effort };
  readonly quickly?: string;
  /** What the machine has to be; throws. */
  require?(): void;
  readonly parts: readonly BenchPart<Effort>[];
}

/** A benchmark of some parts. The exit code says whether it ran, not whether goals are met. */
export async function runBench<Effort>(bench: Bench<Effort>): Promise<void> {
  const { parts, efforts } = bench;
  await runBenchCommand(bench, {
    async measure(quick, signal) {
      const progress = new Progress(process.stderr, parts.length);
      const figures: Figure[] = [];
      try {
        for (const { title, run } of parts) {
          signal.throwIfAborted();
          progress.next(title);
          figures.push(...(await run(efforts[quick ? 'quick' : 'full'], signal)));
        }
        return { figures };
      } finally {
        progress.clear();
      }
    },
    render: ({ figures }, paint) => renderFigures(figures, paint),
  });
}

interface Measured<Result> {
  measure(quick: boolean, signal: AbortSignal): Promise<Result>;
  render(result: Result, paint: Paint): string;
}

/** The command line of a benchmark: `--quick` and `-o`. */
export async function runBenchCommand<Result>(
  { name, measures, quickly = 'a first look', require }: Omit<Bench<never>, 'parts' | 'efforts'>,
  { measure, render }: Measured<Result>,
): Promise<void> {
  const program = new Command(name)
    .description(`measure ${measures}; goals are reported only`)
    .option('--quick', quickly)
    .addOption(outputOption())
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .action(async ({ quick = false, output }: { quick?: boolean; output: OutputFormat }) => {
      require?.();
      const result = await interruptible((signal) => measure(quick, signal));
      await printResult(output, result, () => render(result, painter(process.stdout)));
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
