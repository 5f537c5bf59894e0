import { type Kernel, kernelNamed, kernels, type TestSet } from './kernels.ts';

/** One boot: a kernel and which tests run in it. */
export interface TestRun {
  readonly kernel: Kernel;
  readonly set: TestSet;
}

/** What runs: the kernels that are named, or those of the set. */
export function testRuns(set: TestSet, names: readonly string[] = []): TestRun[] {
  if (names.length > 0) return names.map((name) => ({ kernel: kernelNamed(name), set }));
  return kernels
    .filter(({ runs }) => set === 'full' || runs.short)
    .map((kernel) => ({ kernel, set: set === 'full' ? kernel.runs.full : set }));
}

/** What tools/test-report.mjs writes. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** How a run went. */
export interface RunResult {
  readonly kernel: string;
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One line, and what was skipped. */
  readonly lines: readonly string[];
}

/** Judge a run by what the guest's vitest exited with and reported. A skipped test fails where nothing may be skipped. */
export function judge(
  kernel: string,
  { ended, report, ms, noSkip }: { ended: string; report: Report | undefined; ms: number; noSkip: boolean },
): RunResult {
  const { passed, failed, skipped } = report ?? { passed: 0, failed: 0, skipped: [] };
  const complete = ended === 'exited 0' && report !== undefined && passed > 0 && failed === 0;
  const tooManySkipped = noSkip && skipped.length > 0;
  const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
  return {
    kernel,
    ok: complete && !tooManySkipped,
    passed,
    failed,
    skipped: skipped.length,
    lines: [
      ...skipped.map(({ name, reason }) => `${kernel}: skipped: ${name}${reason && ` (${reason})`}`),
      ...(tooManySkipped ? [`${kernel}: TSNCTL_NO_SKIP=1: a skipped test is a failure`] : []),
      `${kernel}: ${counts}, ${Math.round(ms / 1000)} s${ended === 'exited 0' ? '' : `, ${ended}`}`,
    ],
  };
}

/** All runs in one line, the last one. */
export function totalLine(results: readonly RunResult[]): string {
  const sum = (of: (result: RunResult) => number) => results.reduce((all, result) => all + of(result), 0);
  const counts = `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed, ${sum(({ skipped }) => skipped)} skipped`;
  const broken = results.filter(({ ok }) => !ok).map(({ kernel }) => kernel);
  return `tests in virtual machines: ${counts}${broken.length > 0 ? `; not as they should: ${broken.join(', ')}` : ''}`;
}
