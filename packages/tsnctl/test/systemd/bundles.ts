import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  cpSync(first, second, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(second, 'manifest.json'), 'utf8'));
  const version = `${manifest.version.split('+')[0]}+second`;
  writeFileSync(join(second, 'manifest.json'), JSON.stringify({ ...manifest, version }));
  return [first, second];
}
