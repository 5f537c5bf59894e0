import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../run.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { type CompletionNode, completionTree } from './tree.ts';
import { zshCompletion } from './zsh.ts';

let nodes: CompletionNode[];
beforeAll(async () => {
  nodes = completionTree(await createProgram(() => undefined));
});

/** What bash offers at the end of a line; the last word is being typed. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const script = `${bashCompletion(nodes)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tsnctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...words], {
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter(Boolean);
}

describe('bash', () => {
  it.each([
    ['tsnctl ins', ['install', 'inspect']],
    ['tsnctl attach ', ['uplink', 'pod']],
    ['tsnctl attach uplink eth1 --cl', ['--clock']],
    ['tsnctl attach uplink eth1 --clock ', ['tai', 'mono', 'none']],
    ['tsnctl attach pod --mode p', ['pod']],
    ['tsnctl inspect -o ', ['table', 'wide', 'json', 'yaml']],
    ['tsnctl inspect pod --netns nothing-is-called-so', []],
    ['tsnctl completion ', ['bash', 'zsh', 'fish']],
    ['tsnctl attach pod --horizon ', []],
  ])('offers after "%s"', (line, expected) => {
    expect(offered(line)).toEqual(expected);
  });

  it('offers the interfaces of this machine', () => {
    expect(offered('tsnctl attach uplink ')).toEqual(readdirSync('/sys/class/net').sort());
    expect(offered('tsnctl inspect pod l')).toContain('lo');
  });
});

describe('the tree', () => {
  it('has every command, with the kinds of their values', () => {
    const pod = nodes.find(({ path }) => path === 'attach pod');
    expect(pod?.argument).toEqual({ kind: 'interface', choices: [] });
    expect(pod?.options.find(({ names }) => names.includes('--netns'))).toMatchObject({ kind: 'netns' });
    const bpffs = nodes.find(({ path }) => path === 'inspect')?.options;
    expect(bpffs?.find(({ names }) => names.includes('--bpffs'))).toMatchObject({ kind: 'directory' });
  });
});

it('fish gets a line for each command, option and value', () => {
  const lines = fishCompletion(nodes).split('\n');
  expect(lines).toContain(
    "complete -c tsnctl -n '__tsnctl_at attach' -a uplink -d 'restore priority and launch time at the egress of this interface'",
  );
  expect(lines).toContain(
    "complete -c tsnctl -n '__tsnctl_at attach uplink' -l clock -d 'in which its qdisc wants launch times (default: by its qdisc)' -x -a 'tai mono none'",
  );
});

it("zsh gets bash's, and what makes it run there", () => {
  const script = zshCompletion(nodes);
  expect(script.split('\n').slice(0, 5)).toEqual([
    '# zsh completion of tsnctl',
    'autoload -Uz compinit bashcompinit',
    `(( \${+functions[compdef]} )) || compinit`,
    'bashcompinit',
    '_tsnctl() {',
  ]);
});
