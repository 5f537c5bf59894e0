import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGES, withExamples } from './write-readme-examples.mjs';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe.each(PACKAGES)('the library %s', (name) => {
  it('has in its README the examples that tests run', () => {
    const readme = read(`packages/${name}/README.md`);
    expect(withExamples(name), 'npm run docs:examples').toBe(readme);
    const files = globSync(`packages/${name}/examples/*.ts`, {
      cwd: new URL('..', import.meta.url).pathname,
    });
    for (const file of files) expect(readme).toContain(`// examples/${file.split('/').at(-1)}`);
  });

  it('documents every public name, and every public member of its classes', () => {
    const missing = exportsOf(name).flatMap(({ exported, file }) => undocumented(exported, read(file)));
    expect(missing).toEqual([]);
  });
});

/** The names that index.ts exports, with the files that they come from. */
function exportsOf(name: string): { exported: string; file: string }[] {
  const index = read(`packages/${name}/src/index.ts`);
  return [...index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([\w-]+)\.ts'/g)].flatMap(
    ([, names = '', file]) =>
      names
        .split(',')
        .map((one) => one.trim().replace(/^type /, ''))
        .filter(Boolean)
        .map((exported) => ({ exported, file: `packages/${name}/src/${file}.ts` })),
  );
}

function undocumented(exported: string, source: string): string[] {
  const lines = source.split('\n');
  const at = lines.findIndex((line) =>
    new RegExp(`^export (abstract )?(class|function\\*?|interface|type|const) ${exported}\\b`).test(line),
  );
  if (at < 0) return [`${exported}: not found`];
  const own = hasDoc(lines, at) ? [] : [exported];
  return [...own, ...(/\bclass /.test(lines[at] ?? '') ? undocumentedMembers(exported, lines, at) : [])];
}

/** A comment ends on the line above. */
function hasDoc(lines: readonly string[], at: number): boolean {
  return /\*\/\s*$/.test(lines[at - 1] ?? '');
}

function undocumentedMembers(exported: string, lines: readonly string[], at: number): string[] {
  const end = lines.indexOf('}', at);
  return lines.slice(at, end).flatMap((line, offset) => {
    const member = /^ {2}(?:static )?(?:async )?(?:get )?\*?(\w+)(?:<[^(]*>)?\(/.exec(line)?.[1];
    if (!member || member === 'constructor' || hasDoc(lines, at + offset)) return [];
    return [`${exported}.${member}`];
  });
}
