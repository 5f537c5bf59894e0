import { globSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FuzzTarget } from '../../packages/codec/test/fuzz.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A target and the module that exports it, beside the folder for inputs that broke it. `name` is `codec/attrs`. */
export interface LocatedTarget {
  readonly name: string;
  readonly module: string;
  readonly crashers: URL;
  readonly target: FuzzTarget;
}

/** Every target of packages/<p>/test/targets.ts, or of these modules. */
export async function findTargets(
  modules = globSync('packages/*/test/targets.ts', { cwd: root }).sort(),
): Promise<LocatedTarget[]> {
  const found = await Promise.all(modules.map((file) => targetsIn(pathToFileURL(join(root, file)).href)));
  return found.flat();
}

/** How many of `total` inputs each target gets, by its share; together exactly `total`. */
export function divide(total: number, targets: readonly LocatedTarget[]): number[] {
  const shares = targets.map(({ target }) => target.share);
  const sum = shares.reduce((a, b) => a + b, 0);
  let before = 0;
  return shares.map((share) => {
    const from = Math.round((total * before) / sum);
    before += share;
    return Math.round((total * before) / sum) - from;
  });
}

async function targetsIn(module: string): Promise<LocatedTarget[]> {
  const { targets, crashers } = (await import(module)) as { targets: readonly FuzzTarget[]; crashers: URL };
  const owner = dirname(dirname(fileURLToPath(module)))
    .split(sep)
    .at(-1);
  return targets.map((target) => ({ name: `${owner}/${target.name}`, module, crashers, target }));
}
