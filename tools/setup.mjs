// Must run on Node 18 without node_modules: it is what brings both Node 24 and node_modules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockHashFile = join(root, 'node_modules/.tsnctl-lock-hash');

/** Make this checkout ready: npm packages as locked, and the system packages of the named groups. Silent when nothing is missing. */
export function setup(groups) {
  installNpmPackages();
  installSystemPackages(groups);
}

/** The entries of tools/system-packages.json in these groups that this machine lacks. */
export function missingSystemPackages(groups) {
  const wanted = groups.flatMap(packagesOf);
  const isThere = installedByDpkg(wanted) ?? providedByAnyMeans;
  return wanted.filter((entry) => !isThere(entry));
}

function installNpmPackages() {
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(lockHashFile) && readFileSync(lockHashFile, 'utf8') === lockHash) return;
  say('setup: npm ci (package-lock.json is new or has changed)');
  runQuietly('npm', ['ci', '--loglevel=error']);
  writeFileSync(lockHashFile, lockHash);
}

function installSystemPackages(groups) {
  const missing = missingSystemPackages(groups);
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.package);
  if (!isDebianLike() || process.getuid?.() !== 0) refuse(missing);
  say(`setup: apt-get install ${names.join(' ')}`);
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  runQuietly('apt-get', [...wait, 'update']);
  runQuietly('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...names]);
}

function packagesOf(group) {
  const groups = JSON.parse(readFileSync(join(root, 'tools/system-packages.json'), 'utf8'));
  if (groups[group]) return groups[group];
  fail(2, `setup: no group "${group}" in tools/system-packages.json. Try: ${Object.keys(groups).join(', ')}`);
}

function installedByDpkg(entries) {
  if (entries.length === 0) return undefined;
  const names = entries.flatMap(namesOf);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are dpkg-query's own placeholders
  const format = '${Package} ${db:Status-Status}\\n';
  const answer = spawnSync('dpkg-query', ['-W', '-f', format, ...names], { encoding: 'utf8' });
  if (answer.error) return undefined;
  const lines = new Set(answer.stdout.split('\n'));
  return (entry) => namesOf(entry).some((name) => lines.has(`${name} installed`));
}

/** `alternatives` are packages that do as well, where they are there already. */
function namesOf(entry) {
  return [entry.package, ...(entry.alternatives ?? [])];
}

function providedByAnyMeans({ provides }) {
  if (provides.startsWith('/')) return existsSync(provides);
  const directories = provides.includes('.so') ? libraryDirectories() : programDirectories();
  return directories.some((directory) => existsSync(join(directory, provides)));
}

function programDirectories() {
  return [...(process.env.PATH ?? '').split(':').filter(Boolean), '/usr/sbin', '/sbin'];
}

function libraryDirectories() {
  const multiarch = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').filter((name) => name.includes('-linux-'))
    : [];
  return [
    '/usr/lib',
    '/usr/lib64',
    '/lib',
    '/lib64',
    '/usr/local/lib',
    ...multiarch.map((name) => `/usr/lib/${name}`),
  ];
}

function isDebianLike() {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID="?(debian|ubuntu)"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function refuse(missing) {
  const lines = missing.map((entry) => `  ${entry.package}: ${entry.why} (${entry.provides})`);
  const mend = isDebianLike()
    ? `Try: sudo apt-get install ${missing.map((entry) => entry.package).join(' ')}`
    : 'Install what provides them here; the names are those of Debian and Ubuntu.';
  fail(4, ['setup: this machine lacks', ...lines, mend].join('\n'));
}

// Output is kept back and shown only on failure, so that a good run stays one line.
function runQuietly(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  if (result.status === 0) return;
  const said = result.error?.message ?? `${result.stdout}${result.stderr}`.trimEnd();
  fail(1, `${said}\nsetup: failed: ${program} ${args.join(' ')}`);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(exitCode, message) {
  say(message);
  process.exit(exitCode);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setup(process.argv.slice(2));
