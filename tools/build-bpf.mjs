import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bpf = fileURLToPath(new URL('../bpf', import.meta.url));
// <asm/types.h> lives in a directory per architecture, which only a native compiler knows by itself.
const multiarch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch];
const patterns = { source: ['*.bpf.c', '*/*.bpf.c'], object: ['*.bpf.o', '*/*.bpf.o'] };

process.exitCode = process.argv.includes('--check') ? checkObjects() : buildObjects(bpf);

function buildObjects(outputRoot) {
  const failed = sources().filter((source) => !compile(source, join(outputRoot, objectOf(source))));
  for (const source of failed) console.error(`bpf/${source} does not compile`);
  return failed.length === 0 ? 0 : 1;
}

function checkObjects() {
  const fresh = mkdtempSync(join(tmpdir(), 'tsnctl-bpf-'));
  try {
    if (buildObjects(fresh) !== 0) return 1;
    const findings = [
      ...sources()
        .map(objectOf)
        .map((object) => compare(object, fresh)),
      ...strays(),
    ].filter(Boolean);
    for (const finding of findings) console.error(finding);
    if (findings.length > 0) console.error('Try: npm run bpf');
    else console.log(`${sources().length} BPF objects are what their sources compile to`);
    return findings.length === 0 ? 0 : 1;
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function compare(object, fresh) {
  if (!existsSync(join(bpf, object))) return `bpf/${object} is missing`;
  const same = readFileSync(join(bpf, object)).equals(readFileSync(join(fresh, object)));
  return same ? undefined : `bpf/${object} differs from what its source compiles to`;
}

function strays() {
  const expected = new Set(sources().map(objectOf));
  const objects = globSync(patterns.object, { cwd: bpf });
  return objects
    .filter((object) => !expected.has(object))
    .map((object) => `bpf/${object} has no source: remove it`);
}

function compile(source, object) {
  mkdirSync(dirname(object), { recursive: true });
  const warnings = ['-Wall', '-Werror'];
  const includes = ['-I.', `-I/usr/include/${multiarch}`];
  const target = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', `-ffile-prefix-map=${bpf}=.`];
  return (
    run('clang-16', [...target, ...warnings, ...includes, '-c', source, '-o', object]) &&
    run('llvm-strip-16', ['-g', object])
  );
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: bpf, stdio: 'inherit' });
  if (error) console.error(`${program}: ${error.message}. Try: npm run bpf, whose setup installs it`);
  return status === 0;
}

function sources() {
  return globSync(patterns.source, { cwd: bpf }).sort();
}

function objectOf(source) {
  return source.replace(/\.c$/, '.o');
}
