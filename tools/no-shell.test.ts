import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Who starts programs at all, and what comes from outside in it. No words go through a shell. */
const STARTS: Readonly<Record<string, string>> = {
  'packages/cni/src/node/exec.ts':
    'plugins of a chain, by a path that was found: their input is stdin and variables',
  'packages/lab/src/bench/flood.ts': 'cc, setpriv and our own talker',
  'packages/lab/src/host.ts': 'iproute2, nft and setpriv, in namespaces of a lab',
  'packages/lab/src/running-child.ts': 'a type only',
  'packages/lab/src/staging.ts': 'cc, for our own talker',
  'packages/proxy/src/doctor/read/chrony.ts': 'chronyc sources, with words of ours',
  'packages/proxy/src/install/check-node.ts': '--version of the node that is to be used',
  'packages/proxy/src/install/perform-install.ts': 'systemctl, with words of ours',
  'packages/proxy/src/install/systemd.ts': 'systemctl is-active, with words of ours',
  'packages/proxy/src/sysdump/collect-sysdump.ts': 'programs of a fixed list, with words of ours',
};

/** Ways to a shell, in TypeScript and in C. */
const SHELLS: readonly RegExp[] = [
  /import[^;]*\b(exec|execSync)\b[^;]*from 'node:child_process'/, // take a line for a shell
  /(import \*|require\(|import\()[^;\n]*child_process/, // by a name that nobody could look for
  /child_process[\s\S]*\bshell\s*:/, // { shell: true }
  /(spawn|spawnSync|execFile|execFileSync)\(\s*['"`](\/bin\/|\/usr\/bin\/)?(ba|da|z)?sh['"`]/,
  /\b(system|popen|wordexp)\s*\(/, // stdlib.h, stdio.h, wordexp.h
  /\bexecl[pe]?\s*\(/,
];

const sources = globSync(
  ['packages/*/src/**/*.ts', 'examples/*/src/**/*.ts', 'packages/cni/client/**/*.{c,h}', 'examples/**/*.c'],
  {
    cwd: root,
  },
)
  .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('packages/testkit/'))
  .sort();

describe('no shell is ever started with words from outside', () => {
  it('since none is started at all', () => {
    expect(sources.length).toBeGreaterThan(400);
    const found = sources.filter((file) => startsShell(readFileSync(`${root}/${file}`, 'utf8')));
    expect(found).toEqual([]);
  });

  it('and who starts programs has said which', () => {
    const starters = sources.filter((file) =>
      readFileSync(`${root}/${file}`, 'utf8').includes('child_process'),
    );
    expect(starters).toEqual(Object.keys(STARTS));
  });

  it.for([
    "import { execSync } from 'node:child_process';",
    "import { spawn, exec } from 'node:child_process';",
    "import * as processes from 'node:child_process';",
    "const { exec } = await import('node:child_process');",
    "import { spawnSync } from 'node:child_process';\nspawnSync('ip', words, { shell: true });",
    "spawn('sh', ['-c', line]);",
    "execFileSync('/bin/bash', ['-c', line]);",
    'status = system(line);',
    'pipe = popen(line, "r");',
    'execl("/bin/sh", "sh", "-c", line, NULL);',
  ])('which is seen by: %s', (text) => {
    expect(startsShell(text)).toBe(true);
  });
});

function startsShell(text: string): boolean {
  return SHELLS.some((way) => way.test(text));
}
