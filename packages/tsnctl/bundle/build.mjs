// Builds what `tsnctl install` puts on a node: into dist/bundle, or into the folder that --out names. --with-node takes
// Node along, for nodes that have none or an old one. It is for this machine's architecture, or for the one that --arch
// names: the npm packages of that lie in the folder that --modules names.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const checkout = join(here, '../../..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(here, '../dist/bundle') },
    arch: { type: 'string', default: process.arch },
    modules: { type: 'string' },
    'with-node': { type: 'boolean' },
  },
});
const out = values.out;
const { arch } = values;
const moduleFolders = [values.modules, join(checkout, 'node_modules')].filter(
  (folder) => folder !== undefined,
);

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'bin'), { recursive: true });

// Of the client of Kubernetes we use what reads a kubeconfig, asks and watches. Its models, 8 MB of them, come along by
// one function of the informer, which passes a selector through.
const clientWithoutModels = {
  name: 'client-without-models',
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /./ }, async ({ path, pluginData, ...where }) => {
      if (pluginData === 'asked' || !`${where.importer}${path}`.includes('@kubernetes/client-node')) return;
      const found = await resolve(path, { ...where, pluginData: 'asked' });
      return { ...found, sideEffects: found.path.endsWith('/polyfill.js') };
    });
    onLoad({ filter: /@kubernetes\/client-node\/dist\/serializer\.js$/ }, () => ({
      contents: 'export const ObjectSerializer = { serialize: (value) => value };',
    }));
    // Of its HTTP client it uses three things; mocks, caches and web sockets would come along.
    onLoad({ filter: /node_modules\/undici\/index\.js$/ }, ({ path }) => ({
      resolveDir: dirname(path),
      contents: `
        Object.assign(require('./lib/dispatcher/dispatcher').prototype, { connect: require('./lib/api/api-connect') });
        exports.fetch = require('./lib/web/fetch').fetch;
        exports.Agent = require('./lib/dispatcher/agent');
        exports.ProxyAgent = require('./lib/dispatcher/proxy-agent');`,
    }));
  },
};

// An import of node:http reads all that it exports, WebSocket among it, for which Node loads a client of its own: 14 MB.
// A require leaves alone what nobody asks for.
const httpByRequire = {
  name: 'http-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'required' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'required' }, () => ({
      contents: "module.exports = require('node:http');",
    }));
  },
};

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  conditions: ['@tsnctl/source'],
  jsx: 'automatic',
  // koffi finds its native module beside itself; ink asks for the other one in development alone.
  external: ['koffi', 'react-devtools-core'],
  // Of a package in CommonJS that is imported when it is needed, esbuild exports no names.
  alias: { yaml: join(checkout, 'node_modules/yaml/browser/index.js') },
  define: { 'process.env.NODE_ENV': '"production"' },
  // What was written for require() finds one.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  plugins: [clientWithoutModels, httpByRequire],
  // The text of what is loaded stays in memory: without comments and indents it is half as much. Names stay, and lines
  // that a stack trace can point at.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  legalComments: 'eof',
  logLevel: 'warning',
};
// All chunks lie in one folder: the sources' `new URL('../package.json', import.meta.url)` is right for each.
await build({
  ...common,
  entryPoints: [join(here, '../src/main.ts'), join(here, '../src/kubectl.ts')],
  outdir: join(out, 'lib'),
  splitting: true,
});
await build({
  ...common,
  entryPoints: [join(checkout, 'examples/talker/src/main.ts')],
  outfile: join(out, 'node_modules/@tsnctl/example-talker/src/main.js'),
});

copy(join(here, 'tsnctl.sh'), 'bin/tsnctl', 0o755);
copy(join(here, 'tsnctl.sh'), 'bin/kubectl-tsnctl', 0o755); // it goes by its name
copy(join(checkout, `packages/cni/client/dist/tsnctl-${arch}`), 'cni/tsnctl', 0o755);
copyModule('koffi', [
  'package.json',
  'LICENSE.txt',
  'index.js',
  'src/koffi/index.js',
  'src/koffi/src/static.js',
]);
copyModule(`@koromix/koffi-linux-${arch}`, ['package.json', 'index.js', `linux_${arch}/koffi.node`]);
copyBpfObjects();
writeJson('node_modules/@tsnctl/example-talker/package.json', {
  name: '@tsnctl/example-talker',
  type: 'module',
  exports: { './main': './src/main.js' },
});
if (values['with-node']) {
  const node =
    arch === process.arch ? process.execPath : join(moduleFolder(`node-linux-${arch}`), 'bin/node');
  copy(node, 'bin/node', 0o755);
}

const files = listFiles(out).map(describe);
const version = `${packageVersion()}+${hash(JSON.stringify(files)).slice(0, 8)}`;
writeJson('package.json', { name: 'tsnctl', version, license: 'Apache-2.0', type: 'module', private: true });
files.push(describe('package.json'));
writeJson('manifest.json', {
  version,
  arch,
  node: 24,
  files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
});
console.log(`${relative(process.cwd(), out) || '.'}: ${version}, ${files.length} files, ${size(files)} MB`);

function copy(from, to, mode) {
  const target = join(out, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(from, target);
  chmodSync(target, mode);
}

function copyModule(name, paths) {
  const from = moduleFolder(name);
  for (const path of paths) copy(join(from, path), join('node_modules', name, path), 0o644);
}

function moduleFolder(name) {
  const found = moduleFolders.map((folder) => join(folder, name)).find((folder) => existsSync(folder));
  if (found) return found;
  console.error(
    `there is no ${name}. Try: npm ci; for another architecture: npm run image -- --arch ${arch}`,
  );
  process.exit(1);
}

/** Those of the product, and those of the demo. */
function copyBpfObjects() {
  const bpf = join(checkout, 'bpf');
  for (const name of ['package.json', 'LICENSE.BSD-2-Clause', 'LICENSE.GPL-2.0']) {
    copy(join(bpf, name), join('node_modules/@tsnctl/bpf', name), 0o644);
  }
  for (const name of ['.', 'lab']) {
    for (const entry of readdirSync(join(bpf, name)).filter((it) => it.endsWith('.bpf.o'))) {
      copy(join(bpf, name, entry), join('node_modules/@tsnctl/bpf', name, entry), 0o644);
    }
  }
}

function writeJson(path, value) {
  writeFileSync(join(out, path), `${JSON.stringify(value, null, 1)}\n`, { mode: 0o644 });
}

function packageVersion() {
  return JSON.parse(readFileSync(join(here, '../package.json'), 'utf8')).version;
}

function listFiles(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** The mode is what is installed: the umask of whoever builds is not. */
function describe(path) {
  const bytes = readFileSync(join(out, path));
  const mode = statSync(join(out, path)).mode & 0o100 ? 0o755 : 0o644;
  return { path, mode, sha256: hash(bytes), size: bytes.length };
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function size(all) {
  return (all.reduce((sum, file) => sum + file.size, 0) / 1e6).toFixed(1);
}
