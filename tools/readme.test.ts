import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const packages: Record<string, { package: string; why: string }[]> = JSON.parse(
  read('tools/system-packages.json'),
);

describe('the README', () => {
  it('names the system packages that setup installs for its two commands, and why', () => {
    const row = (who: string) => (needed: { package: string; why: string }) =>
      `| ${needed.package} | ${who} | ${needed.why} |`;
    const rows = [...(packages.run ?? []).map(row('both')), ...(packages.test ?? []).map(row('npm test'))];
    expect(rows.length).toBeGreaterThan(0);
    expect(read('README.md')).toContain(rows.join('\n'));
  });

  it('has the two commands that CI runs first', () => {
    const ci = [...read('.ci/run').matchAll(/^step (npm .*)$/gm)].map(([, command]) => command);
    expect(ci.slice(0, 2)).toEqual(['npm run demo', 'npm test']);
    for (const command of ci.slice(0, 2)) expect(read('README.md')).toContain(`\n${command} `);
  });
});
