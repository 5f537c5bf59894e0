import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from '../../test/cli.ts';

/** Build the command line as `tsnctl install` puts it on a node; its program. */
export async function buildBundle(out: string): Promise<string> {
  const script = join(CHECKOUT, 'packages/tsnctl/bundle/build.mjs');
  await promisify(execFile)(process.execPath, [script, '--out', out], { cwd: CHECKOUT });
  return join(out, 'bin/tsnctl');
}
