import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as btfLibrary from '@tsnctl/btf';
import { requires, testBpffs, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { testObject } from '../test/objects.ts';
import * as library from './index.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [6, 6], programs: ['unshare'] }));

const packages = fileURLToPath(new URL('../..', import.meta.url));

/** The indented lines of comments: what the documentation of the libraries shows. */
function examplesOf(name: 'btf' | 'libbpf-ts'): { file: string; code: string }[] {
  const files = globSync(`${name}/src/*.ts`, { cwd: packages }).filter((file) => !file.endsWith('.test.ts'));
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(`${packages}/${file}`, 'utf8');
    return [...text.matchAll(/(?:^ *\* {5}.*\n)+/gm)].map(([block]) => ({
      file,
      code: block.replace(/^ *\* {5}/gm, ''),
    }));
  });
}

/** What every example may use: all public names, an object with its program and types, and a hook. */
const prelude = `
import { readFileSync } from 'node:fs';
import { decode, encode } from '@tsnctl/codec';
import { ${Object.keys(btfLibrary).join(', ')} } from '@tsnctl/btf';
import { ${Object.keys(library).join(', ')} } from 'libbpf-ts';
const object = BpfObject.open(readFileSync('probe.bpf.o'), 'probe').load();
const program = object.program('sending');
const btf = object.btf;
const hooks = [{ ifindex: 1, direction: 'ingress' as const }];
object.map('table').pin(process.env.BPFFS + '/counters');
`;

describe.each(['btf', 'libbpf-ts'] as const)('the examples in the documentation of %s', (name) => {
  it('run', () => {
    using bpffs = testBpffs();
    const examples = examplesOf(name);
    expect(examples.length).toBeGreaterThan(8);
    // In the checkout, where the packages are found.
    const folder = `${packages}/../reports/doc-examples-${process.pid}`;
    mkdirSync(folder, { recursive: true });
    try {
      const blocks = examples
        .filter(({ code }) => !(code.includes('/btf/veth') && !existsSync('/sys/kernel/btf/veth')))
        .map(
          ({ file, code }) =>
            `console.log('# ${file}');\n{\n${code.replaceAll('/sys/fs/bpf', bpffs.path)}}\n`,
        );
      writeFileSync(`${folder}/probe.bpf.o`, testObject('bench'));
      writeFileSync(`${folder}/examples.mts`, `${prelude}${blocks.join('')}process.exit(0);\n`);
      const node = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', 'examples.mts'];
      const said = execFileSync('unshare', ['-n', process.execPath, ...node], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, BPFFS: bpffs.path },
      });
      expect(said.match(/^# /gm)).toHaveLength(blocks.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
