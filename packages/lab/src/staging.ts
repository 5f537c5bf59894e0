import { chmodSync, cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';

/** How to start the talker: a Node binary, its main file, and where Node may keep what it compiled. */
export interface TalkerProgram {
  node: string;
  main: string;
  compileCache: string;
}

/**
 * The talker runs as a user without any rights, who may be barred from this checkout (one under /root, say).
 * Then a copy of what it needs lies in the lab's directory.
 */
export function stageTalker(lab: Lab): TalkerProgram {
  const main = fileURLToPath(import.meta.resolve('@tsnctl/example-talker/main'));
  const koffi = dirname(fileURLToPath(import.meta.resolve('koffi')));
  const compileCache = join(lab.directory, 'compile-cache');
  mkdirSync(compileCache);
  chmodSync(compileCache, 0o1777);
  if ([process.execPath, main, koffi].every(isOpenToAll))
    return { node: process.execPath, main, compileCache };

  const node = join(lab.directory, 'node');
  cpSync(process.execPath, node);
  const source = dirname(main);
  const staged = join(lab.directory, 'talker');
  mkdirSync(join(staged, 'node_modules'), { recursive: true });
  cpSync(source, join(staged, 'src'), { recursive: true });
  cpSync(join(dirname(source), 'package.json'), join(staged, 'package.json'));
  cpSync(koffi, join(staged, 'node_modules/koffi'), { recursive: true });
  const native = join(dirname(koffi), '@koromix');
  if (existsSync(native)) cpSync(native, join(staged, 'node_modules/@koromix'), { recursive: true });
  return { node, main: join(staged, 'src', main.slice(source.length + 1)), compileCache };
}

/** Whether every directory on the way may be entered, and the end read, by anyone. */
function isOpenToAll(path: string): boolean {
  const OTHERS_EXECUTE = 0o1;
  const OTHERS_READ = 0o4;
  if ((statSync(path).mode & OTHERS_READ) === 0) return false;
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((statSync(at).mode & OTHERS_EXECUTE) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
