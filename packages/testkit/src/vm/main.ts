import { Interrupted } from './interruption.ts';
import { VmError } from './vm-error.ts';

/** A program of this directory: its exit code is what `run` returns; what it cannot do is said without a stack. */
export async function runMain(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? error.exitCode : 1;
    if (!(error instanceof VmError || error instanceof Interrupted || isUsage(error))) throw error;
    process.stderr.write(`${error.message}\n`);
    if (error instanceof VmError && error.hint) process.stderr.write(`Try: ${error.hint}\n`);
  }
}

/** What node:util's parseArgs does not take. */
function isUsage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
