import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, type Stage, setStage } from '@tsnctl/lab';
import { useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileNode } from '../../proxy/test/install-node.ts';
import { StageAgent } from '../test/agent.ts';
import { killRunning, runCli } from '../test/cli.ts';
import { requireMachine } from '../test/requirements.ts';

// Whoever starts us may have any umask: what is written keeps its own modes.

useLeakCheck();

/** A process that would leave everything open to everybody. */
const OPEN_TO_ALL = ['sh', '-c', 'umask 0; exec "$@"', 'sh'];

let lab: Lab;
let stage: Stage;
let agent: StageAgent;
beforeEach((ctx) => {
  requireMachine(ctx);
  lab = Lab.create();
  stage = setStage(lab);
  agent = new StageAgent(stage, { wrap: OPEN_TO_ALL });
});
afterEach(async () => {
  await agent?.stop();
  await killRunning();
  await lab?.[Symbol.asyncDispose]();
});

it('what the agent and the commands write is for root alone', async () => {
  await agent.start();
  expect(await agent.call('ADD', { annotations: { 'tsnctl.dev/priorities': '3' } })).toMatchObject({
    code: 0,
  });
  expect(modes(agent.state, 'attachments')).toEqual({
    attachments: 'directory 700',
    'attachments/owned.json': 'file 600',
    'attachments/web@eth0.json': 'file 600',
  });
  expect(kindAndMode(agent.socket)).toBe('socket 600');
  const pins = Object.entries(modes(join(lab.bpffs, 'tsnctl'), 'tsnctl'));
  expect(pins.filter(([, mode]) => mode !== 'directory 700' && mode !== 'file 600')).toEqual([]);
  expect(pins.length).toBeGreaterThan(5);

  const state = join(lab.directory, 'tune');
  const tune = ['tune', '--qdisc', 'mq', '--dev', 'nic0', '--netns', stage.node.name, '--state', state];
  expect(await runCli(tune, { wrap: OPEN_TO_ALL, bpffs: lab.bpffs })).toMatchObject({ code: 0 });
  expect(Object.values(modes(state, 'tune'))).toEqual(['directory 700', 'file 600']);

  const dump = join(lab.directory, 'dump.tar.gz');
  const sysdump = ['sysdump', '-f', dump, '--netns', stage.node.name];
  expect(await runCli(sysdump, { wrap: OPEN_TO_ALL, bpffs: lab.bpffs })).toMatchObject({ code: 0 });
  expect(kindAndMode(dump)).toBe('file 600');
});

it('an install keeps its journal to itself, and lets nobody else write what it puts on the node', async () => {
  using node = new FileNode({ netns: stage.node.netns, bpffs: lab.bpffs });
  const umask = process.umask(0);
  try {
    await node.install().install('install', node.desired('1.0.0'));
  } finally {
    process.umask(umask);
  }
  const written = modes(node.root, '');
  const journal = Object.entries(written).filter(([path]) => path.startsWith('/var/lib/tsnctl'));
  expect(journal.length).toBeGreaterThan(2);
  expect(journal.filter(([, mode]) => mode !== 'directory 700' && mode !== 'file 600')).toEqual([]);
  const ours = Object.entries(written).filter(([path]) => path.includes('tsnctl'));
  expect(ours.filter(([, mode]) => /[2367].$|[2367]$/.test(mode))).toEqual([]);
});

/** What a path and all below it are, with their modes, by names that begin with `name`. */
function modes(path: string, name: string): Record<string, string> {
  const below = readdirSync(path, { recursive: true }).map(String).sort();
  const entries = below.map((entry) => [`${name}/${entry}`, kindAndMode(join(path, entry))]);
  return Object.fromEntries(name === '' ? entries : [[name, kindAndMode(path)], ...entries]);
}

function kindAndMode(path: string): string {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return 'link';
  const kind = stat.isDirectory() ? 'directory' : stat.isSocket() ? 'socket' : 'file';
  return `${kind} ${(stat.mode & 0o7777).toString(8)}`;
}
