import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Bundle } from '@tsnctl/proxy/install';
import { onTestFinished } from 'vitest';
import { CHECKOUT } from '../cli.ts';

/** What is built, and the same under another version. Not in /tmp: a machine with systemd has another one. */
export function bundles(...options: readonly string[]): [string, string] {
  const dist = join(CHECKOUT, 'packages/tsnctl/dist');
  mkdirSync(dist, { recursive: true }); // nothing has been built in a fresh clone
  const directory = mkdtempSync(join(dist, 'systemd-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  const build = join(CHECKOUT, 'packages/tsnctl/bundle/build.mjs');
  execFileSync(process.execPath, [build, '--out', first, ...options]);
  copy(first, second, (bundle) => bundle);
  return [first, second];
}

/** The same with an agent that does not start, beside it. */
export function brokenBundle(bundle: string): string {
  const broken = join(dirname(bundle), 'broken');
  const program = '#!/bin/sh\nexit 1\n';
  const bytes = { sha256: createHash('sha256').update(program).digest('hex'), size: program.length };
  copy(bundle, broken, ({ files, ...rest }) => ({
    ...rest,
    files: files.map((file) => (file.path === PROGRAM ? { ...file, ...bytes } : file)),
  }));
  writeFileSync(join(broken, PROGRAM), program);
  return broken;
}

const PROGRAM = 'bin/tsnctl';

/** Its version names what it is for. */
function copy(from: string, to: string, change: (bundle: Bundle) => Bundle): void {
  cpSync(from, to, { recursive: true });
  const path = join(to, 'manifest.json');
  const bundle = change(JSON.parse(readFileSync(path, 'utf8')));
  const version = `${bundle.version.split('+')[0]}+${basename(to)}`;
  writeFileSync(path, JSON.stringify({ ...bundle, version }));
}
