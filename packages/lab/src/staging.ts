import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from './lab.ts';

/** How to start the talker: a program with its first arguments, and its environment. */
export interface TalkerProgram {
  command: readonly string[];
  env: Record<string, string>;
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
  const env = { NODE_COMPILE_CACHE: compileCache };
  if ([process.execPath, main, koffi].every(isOpenToAll)) return { command: [process.execPath, main], env };

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
  return { command: [node, join(staged, 'src', main.slice(source.length + 1))], env };
}

/** The talker in C, compiled: it starts at once, also where everything else takes its time. */
export function compileTalker(lab: Lab): TalkerProgram {
  const main = fileURLToPath(import.meta.resolve('@tsnctl/example-talker/main'));
  const binary = join(lab.directory, 'c-talker');
  execFileSync('cc', ['-O0', '-static', '-o', binary, join(dirname(main), '../c/talker.c')], {
    stdio: 'pipe',
  });
  return { command: [binary], env: {} };
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
