import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster } from '../../kubernetes/test/cluster.ts';
import { state } from '../../kubernetes/test/fleet.ts';
import { FileNode } from '../../proxy/test/install-node.ts';
import { CHECKOUT } from '../test/cli.ts';

let directory: string;
let bundle: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsnctl-bundle-'));
  bundle = join(directory, 'bundle');
  execFileSync(process.execPath, [join(CHECKOUT, 'packages/tsnctl/bundle/build.mjs'), '--out', bundle]);
});
afterAll(() => rmSync(directory, { recursive: true }));

const version = () => JSON.parse(readFileSync(join(bundle, 'package.json'), 'utf8')).version;

/** Far from the checkout, as on a node. */
function start(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const node = join(process.execPath, '..');
  return spawnSync(program, args, {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: `${node}:${process.env.PATH}`, ...env },
  });
}

it('starts from anywhere, and knows its version', () => {
  const { status, stdout } = start(join(bundle, 'bin/tsnctl'), ['--version']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${version()}\n` });
  expect(version()).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{8}$/);
});

it('loads little for every verb: commander, and what tells errors', () => {
  const lib = join(bundle, 'lib');
  const loaded = new Set(['main.js']);
  for (const name of loaded) {
    const text = readFileSync(join(lib, name), 'utf8');
    for (const [, other = ''] of text.matchAll(/\b(?:import|from)\s*"\.\/([^"]+)"/g)) loaded.add(other);
  }
  const bytes = [...loaded].reduce((sum, name) => sum + statSync(join(lib, name)).size, 0);
  expect(loaded.size).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(200_000); // 1.7 times the start of Node that does nothing: npm run bench:start
});

it("is not more text than it has to be: what is loaded stays in an agent's memory", () => {
  const lib = join(bundle, 'lib');
  const texts = readdirSync(lib).map((name) => readFileSync(join(lib, name), 'utf8'));
  expect(texts.some((text) => text.includes('Invalid input'))).toBe(true);
  expect(texts.some((text) => text.includes('Ongeldige'))).toBe(false); // zod's other languages: import * as z
  const longest = Math.max(...texts.flatMap((text) => text.split('\n').map(({ length }) => length)));
  expect(longest).toBeLessThan(10_000); // a stack trace points at lines
});

it('has every verb, and what it imports', () => {
  const { stdout } = start(join(bundle, 'bin/tsnctl'), ['--help']);
  const verbs = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb = '']) => verb);
  expect(verbs).toContain('attach');
  for (const verb of verbs.filter((it) => it !== 'help')) {
    const { status, stderr } = start(join(bundle, 'bin/tsnctl'), [verb, '--help']);
    expect({ verb, status, stderr }).toEqual({ verb, status: 0, stderr: '' });
  }
});

it.each([
  [
    'without Node',
    '',
    4,
    /^tsnctl: there is no Node\. Try: install Node 24 or newer, or put its program at .*bin\/node$/,
  ],
  [
    'with an old one',
    'v20.20.2',
    4,
    /^tsnctl: \S+node is v20\.20\.2, older than Node 24\. Try: put the program of a newer one at .*bin\/node$/,
  ],
])('says what it lacks: %s', (_, says, code, message) => {
  const tools = join(directory, `tools-${says}`);
  execFileSync('sh', ['-c', TOOLS, 'sh', tools, says]);
  const { status, stderr } = start('/bin/sh', [join(bundle, 'bin/tsnctl'), '--version'], { PATH: tools });
  expect({ status, stderr: stderr.trim() }).toEqual({ status: code, stderr: expect.stringMatching(message) });
});

/** A PATH with nothing but what the launcher calls, and a Node that says its version. */
const TOOLS = `mkdir "$1"; for tool in dirname readlink; do ln -s "$(command -v $tool)" "$1/$tool"; done
[ -z "$2" ] || { printf '#!/bin/sh\\necho %s\\n' "$2" >"$1/node"; chmod +x "$1/node"; }`;

it('installs itself, runs from there, and removes what it runs from', () => {
  using node = new FileNode();
  const before = node.snapshot();
  const installed = start(join(bundle, 'bin/tsnctl'), ['install', '--root', node.root]);
  expect(installed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^13 steps done:\n/) });
  expect(readdirSync(join(node.root, 'opt/tsnctl')).sort()).toEqual([version(), 'current']);
  const command = join(node.root, 'opt/tsnctl/current/bin/tsnctl');
  // It takes the Node that lies beside it: none is in the PATH.
  const tools = { PATH: '/usr/bin:/bin' };
  expect(start(command, ['version'], tools).stdout).toBe(`${version()}\n`);
  const removed = start(command, ['uninstall', '--root', node.root, '-o', 'yaml'], tools);
  expect(removed).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^dryRun: false\n/) });
  expect(node.snapshot()).toEqual(before);
});

it('kubectl finds it as its plugin, and each verb is about the cluster', async () => {
  await using server = await startCluster();
  server.put(state('node-1', {}, new Date().toISOString()));
  const env = {
    PATH: `${join(bundle, 'bin')}:${join(process.execPath, '..')}:${process.env.PATH}`,
    KUBECONFIG: server.kubeconfig(),
    HOME: directory,
  };
  const kubectl = async (...args: string[]) => {
    const ended = execFileLater('kubectl', args, { env }).catch((error) => error);
    const { code = 0, stdout, stderr } = await ended; // not by spawnSync: the server is in this process
    return { code, stdout, stderr };
  };
  expect((await kubectl('plugin', 'list')).stdout).toContain(join(bundle, 'bin/kubectl-tsnctl'));
  const status = await kubectl('tsnctl', 'status', '-o', 'json');
  expect(status).toMatchObject({ code: 3, stderr: '' });
  expect(JSON.parse(status.stdout).nodes).toMatchObject([
    { node: 'node-1', health: 'ready' },
    { node: 'node-2', health: 'no-agent' },
  ]);
  expect(await kubectl('tsnctl', 'status', '--node', 'node-1')).toMatchObject({ code: 0 });
  const installed = await kubectl('tsnctl', 'install', '-o', 'json');
  expect(installed).toMatchObject({ code: 0 });
  expect(JSON.parse(installed.stdout).image).toBe(`tsnctl/tsnctl:${version().split('+')[0]}`); // as npm run image calls it
  expect((await kubectl('tsnctl', 'attach', 'uplink', 'lo')).stderr).toMatch(
    /^tsnctl: kubectl tsnctl has no attach: /,
  );
  expect(await kubectl('tsnctl', 'version')).toEqual({ code: 0, stdout: `${version()}\n`, stderr: '' });
});

const execFileLater = promisify(execFile);
