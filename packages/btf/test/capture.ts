// Make the golden files anew from testdata/*.bpf.c. Each says in its first line how.
//
//     npm run capture:btf [-- --out DIR]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const testdata = fileURLToPath(new URL('../testdata', import.meta.url));
const { out } = parseArgs({ options: { out: { type: 'string', default: testdata } } }).values;
using work = mkdtempDisposableSync(join(tmpdir(), 'tsnctl-capture-'));

mkdirSync(out, { recursive: true });
for (const target of ['bpfel', 'bpfeb']) {
  const object = join(work.path, `types.${target}.o`);
  const compile = `-O2 -g -target ${target} -c types.bpf.c`;
  // BTF names its source by its whole path, which must be the same in every checkout.
  run('clang-16', [...compile.split(' '), `-ffile-prefix-map=${testdata}=.`, '-o', object]);
  run('llvm-strip-16', ['-g', object]);
  write(`types.${target}.o`, `clang-16 ${compile}; llvm-strip-16 -g`, object);
  if (target !== 'bpfel') continue;
  const btf = join(work.path, 'types.btf');
  run('llvm-objcopy-16', ['--dump-section', `.BTF=${btf}`, object]);
  write('types.btf', `clang-16 ${compile}; llvm-objcopy-16 --dump-section .BTF`, btf);
}

const compile = '-O2 -g -target bpfel -c relocations.bpf.c';
const object = join(work.path, 'relocations.o');
run('clang-16', [...compile.split(' '), `-ffile-prefix-map=${testdata}=.`, '-o', object]);
run('llvm-strip-16', ['-g', object]);
write('relocations.o', `clang-16 ${compile}; llvm-strip-16 -g`, object);

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: testdata, stdio: 'inherit' });
  if (error)
    throw new Error(`${program}: ${error.message}. Try: npm run capture:btf, whose setup installs it`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}`);
}

function write(name: string, made: string, file: string): void {
  const rows =
    readFileSync(file)
      .toString('hex')
      .match(/.{1,64}/g) ?? [];
  writeFileSync(join(out, `${name}.hex`), `${[`# ${made}`, ...rows].join('\n')}\n`);
}
