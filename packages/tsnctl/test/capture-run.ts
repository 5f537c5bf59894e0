import { run } from '../src/run.ts';
import type { CliResult } from './cli.ts';

/** `tsnctl ARGS` in this process, and what it writes. */
export async function captureRun(args: readonly string[]): Promise<CliResult & { code: number }> {
  using stdout = captured(process.stdout);
  using stderr = captured(process.stderr);
  const code = await run(args);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** The same again and again: `stdout` and `stderr` are those of the last one. */
export class CapturedRuns {
  stdout = '';
  stderr = '';

  async run(args: readonly string[]): Promise<number> {
    const { code, stdout, stderr } = await captureRun(args);
    Object.assign(this, { stdout, stderr });
    return code;
  }
}

function captured(stream: NodeJS.WriteStream): Disposable & { text: string } {
  const { write } = stream;
  const caught = {
    text: '',
    [Symbol.dispose]() {
      stream.write = write;
    },
  };
  stream.write = (chunk: Uint8Array | string) => {
    caught.text += chunk;
    return true;
  };
  return caught;
}
