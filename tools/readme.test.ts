import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const packages: Record<string, { package: string; why: string }[]> = JSON.parse(
  read('tools/system-packages.json'),
);

/** What a script of package.json has setup install: `node tools/setup.mjs run test`. */
function groupsOf(script: string): string[] {
  const { scripts } = JSON.parse(read('package.json'));
  return /^node tools\/setup\.mjs ([a-z ]+)$/.exec(scripts[script])?.[1]?.split(' ') ?? [];
}

describe('the README', () => {
  it('names the system packages that setup installs for its two commands, and why', () => {
    const rows = new Map<string, string>();
    for (const group of groupsOf('pretest')) {
      const who = groupsOf('predemo').includes(group) ? 'both' : 'npm test';
      for (const { package: name, why } of packages[group] ?? []) {
        if (!rows.has(name)) rows.set(name, `| ${name} | ${who} | ${why} |`);
      }
    }
    expect(rows.size).toBeGreaterThan(0);
    expect(read('README.md')).toContain(`|---|---|---|\n${[...rows.values()].join('\n')}\n\n`);
  });

  it('has the two commands that CI runs first', () => {
    const ci = [...read('.ci/run').matchAll(/^step (npm .*)$/gm)].map(([, command]) => command);
    expect(ci.slice(0, 2)).toEqual(['npm run demo', 'npm test']);
    for (const command of ci.slice(0, 2)) expect(read('README.md')).toContain(`\n${command} `);
  });
});
