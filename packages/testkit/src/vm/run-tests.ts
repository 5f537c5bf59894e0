import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boot, RESULTS } from './boot.ts';
import { guestEnvironment } from './guest-environment.ts';
import { inParallel } from './in-parallel.ts';
import { interruption } from './interruption.ts';
import { kernelImage } from './kernel-image.ts';
import { kernels } from './kernels.ts';
import { runMain } from './main.ts';
import { describeOutcome, tail } from './outcome.ts';
import { positive } from './positive.ts';
import { prefixLines } from './prefix-lines.ts';
import { runnerTests } from './runner-tests.ts';
import { judge, type Report, type RunResult, type TestRun, testRuns, totalLine } from './test-run.ts';
import { VmError } from './vm-error.ts';
import { warmTransforms } from './warm-transforms.ts';

const USAGE = `usage: npm run test:vm -- [options] [FILE...]
  --full                all kernels, all tests
  --kernel NAME         this one, several times for several: ${kernels.map(({ name }) => name).join(', ')}
  --list                which kernels there are, and what runs in them
  --limit SECONDS       the longest that one kernel may take (900; with --full 3600)
  --jobs N              so many kernels at a time (1)
  --refresh             ask Debian for newer kernels now, and not once a day`;

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const reports = join(root, 'reports');

/** Run all **\/*.vm.test.ts in each kernel; 0 if all pass in all. */
await runMain(async () => {
  const { values, positionals: files } = readArguments();
  if (values.help) throw new VmError(USAGE);
  if (values.list) return list();
  const set = values.full ? 'full' : 'short';
  const limitMs = positive('limit', values.limit ?? (values.full ? '3600' : '900')) * 1000;
  const jobs = positive('jobs', values.jobs);
  const signal = interruption();
  const options = { files, limitMs, refresh: values.refresh, signal };
  const results: RunResult[] = [];
  if (values.full && values.kernel === undefined) results.push(await runRunner(signal));
  const runs = testRuns(set, values.kernel);
  warmTransforms(root, files);
  results.push(...(await inParallel(runs, jobs, (run) => runIn(run, options))));
  for (const line of results.flatMap((result) => result.lines)) process.stdout.write(`${line}\n`);
  process.stdout.write(`${totalLine(results)}\n`);
  return results.every((result) => result.ok) ? 0 : 1;
});

interface RunOptions {
  readonly files: readonly string[];
  readonly limitMs: number;
  readonly refresh: boolean;
  readonly signal: AbortSignal;
}

async function runIn(
  { kernel, set }: TestRun,
  { files, limitMs, refresh, signal }: RunOptions,
): Promise<RunResult> {
  const { name } = kernel;
  const { done, report: reportFile } = begin(name);
  try {
    const image = await kernelImage(kernel, { refresh, say });
    say(`${name}: ${image.release}, Debian ${image.version}, ${set} set`);
    const lines = prefixLines(`${name} | `, (text) => void process.stdout.write(text));
    const { outcome, console } = await boot({
      image,
      command: {
        // Each test as it ends; vitest.config.ts shows whole files.
        argv: [
          'vitest',
          'run',
          '--mode',
          'vm',
          '--reporter=verbose',
          '--reporter=./tools/test-report.mjs',
          ...files,
        ],
        directory: root,
        environment: guestEnvironment({
          TSNCTL_VM: name,
          TSNCTL_VM_SET: set,
          TSNCTL_REPORT: `${RESULTS}/report.json`,
        }),
        modules: [],
      },
      limitMs,
      signal,
      repeatable: true,
      onRepeat: (outcome) => say(`${name}: ${describeOutcome(outcome)}; again`),
      output: (_, data) => lines.take(data),
      results: (directory) => keepReport(join(directory, 'report.json'), reportFile),
    });
    lines.end();
    mkdirSync(reports, { recursive: true });
    writeFileSync(join(reports, `vm-${name}-console.log`), console);
    if (outcome.kind !== 'exited') say(`${name}: the end of the console:\n${tail(console)}`);
    return done(describeOutcome(outcome));
  } catch (error) {
    if (!(error instanceof VmError)) throw error;
    return done([error.message, error.hint && `Try: ${error.hint}`].filter(Boolean).join('. '));
  }
}

/** The runner's own tests, which start machines themselves. */
async function runRunner(signal: AbortSignal): Promise<RunResult> {
  const { done, report } = begin('runner');
  return done(await runnerTests(root, report, signal));
}

function begin(name: string): { report: string; done(ended: string): RunResult } {
  const startMs = performance.now();
  const report = join(reports, `vm-${name}.json`);
  rmSync(report, { force: true });
  const noSkip = process.env.TSNCTL_NO_SKIP === '1';
  return {
    report,
    done: (ended) =>
      judge(name, { ended, report: readReport(report), ms: performance.now() - startMs, noSkip }),
  };
}

function list(): number {
  for (const { name, package: metapackage, suites, runs } of kernels) {
    const when = runs.short ? 'in every run' : 'with --full';
    const what = runs.full === 'short' ? 'the short set' : 'the short set; all tests with --full';
    process.stdout.write(`${name.padEnd(8)} ${metapackage} of ${suites[0]}; ${when}: ${what}\n`);
  }
  return 0;
}

function keepReport(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(reports, { recursive: true });
  copyFileSync(from, to);
}

function readReport(file: string): Report | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
}

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '1' },
      kernel: { type: 'string', multiple: true },
      limit: { type: 'string' },
      list: { type: 'boolean', default: false },
      refresh: { type: 'boolean', default: false },
    },
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
