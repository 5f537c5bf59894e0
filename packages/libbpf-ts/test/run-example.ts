import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Run an example from its source, as its reader would, with an object file; what it prints. */
export function runExample(file: URL, object: Uint8Array, ...args: string[]): string {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'tsnctl-example-'));
  const path = join(folder.path, 'object.o');
  writeFileSync(path, object);
  const node = [
    '-C',
    '@tsnctl/source',
    '--disable-warning=ExperimentalWarning',
    file.pathname,
    path,
    ...args,
  ];
  return execFileSync(process.execPath, node, { encoding: 'utf8' });
}
