// Make testdata/NAME.hex anew of each testdata/NAME.bpf.c. Each says in its first line how.
//
//     npm run capture:libbpf-ts [-- --out DIR]
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const testdata = fileURLToPath(new URL('../testdata', import.meta.url));
const { out } = parseArgs({ options: { out: { type: 'string', default: testdata } } }).values;
using work = mkdtempDisposableSync(join(tmpdir(), 'tsnctl-capture-'));
// <asm/types.h> lies in a directory per architecture, which only a native compiler knows by itself.
const include = '-I/usr/include/x86_64-linux-gnu';

mkdirSync(out, { recursive: true });
for (const source of globSync('*.bpf.c', { cwd: testdata })) {
  const name = basename(source, '.bpf.c');
  const object = join(work.path, `${name}.o`);
  const compile = `-target bpf -mcpu=v3 -O2 -g ${include} -c ${source}`;
  run('clang-16', [...compile.split(' '), `-ffile-prefix-map=${testdata}=.`, '-o', object]);
  run('llvm-strip-16', ['-g', object]);
  const rows =
    readFileSync(object)
      .toString('hex')
      .match(/.{1,80}/g) ?? [];
  const made = `# clang-16 ${compile}; llvm-strip-16 -g`;
  writeFileSync(join(out, `${name}.hex`), `${[made, ...rows].join('\n')}\n`);
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: testdata, stdio: 'inherit' });
  if (error) throw new Error(`${program}: ${error.message}. Try: npm run capture:libbpf-ts`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}`);
}
