import { TsnctlError } from '@tsnctl/codec';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { CapturedRuns, captureRun } from '../test/capture-run.ts';
import { describeError, exitCodeOf } from './exit.ts';
import { createProgram } from './run.ts';
import { version } from './version.ts';

const cli = new CapturedRuns();

describe('exit codes', () => {
  it.each([
    ['USAGE', 2],
    ['UNSUPPORTED', 4],
    ['NO_LIBBPF', 4],
    ['ENOSYS', 4],
    ['EPERM', 1],
    ['FOREIGN_PIN', 1],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s: %i', (code, exit) => {
    expect(exitCodeOf(new TsnctlError(code, 'refused'))).toBe(exit);
  });

  it('1 for what nobody foresaw', () => {
    expect(exitCodeOf(new TypeError('x is not a function'))).toBe(1);
    expect(exitCodeOf('a string')).toBe(1);
  });

  it.each([
    [[], 2],
    [['attach'], 2],
    [['frobnicate'], 2],
    [['--help'], 0],
    [['help', 'attach'], 0],
    [['attach', 'uplink', '--help'], 0],
  ])('tsnctl %s: %i', async (args, exit) => {
    expect(await cli.run(args)).toBe(exit);
  });
});

describe('version', () => {
  it.each([['-V'], ['--version'], ['version']])('%s', async (arg) => {
    expect(await cli.run([arg])).toBe(0);
    expect(cli).toMatchObject({ stdout: `${version()}\n`, stderr: '' });
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('--help', async () => {
  const verbs = leaves(await createProgram(() => undefined), []);

  it('is there for every verb', () => {
    const expected = [
      'attach uplink',
      'attach pod',
      'detach uplink',
      'detach pod',
      'detach all',
      'inspect pod',
      'inspect uplink',
      'map list',
      'map show',
      'map dump',
      'map get',
      'map set',
      'map watch',
      'tune show',
      'tune check',
      'tune import',
      'agent',
      'cni add',
      'cni del',
      'cni check',
      'cni gc',
      'cni status',
      'cni show',
      'cni install',
      'cni remove',
      'doctor',
      'demo',
      'install',
      'upgrade',
      'uninstall',
      'status',
      'sysdump',
      'completion',
      'version',
    ];
    expect(verbs.map((path) => path.join(' ')).sort()).toEqual(expected.sort());
  });

  it('has each verb under a heading', async () => {
    await cli.run(['--help']);
    const headings = cli.stdout.match(/^\S.*:$/gm);
    expect(headings).toEqual([
      'Options:',
      'See what it does:',
      'This node:',
      'Look:',
      'By hand:',
      'More:',
      'Examples:',
    ]);
  });

  it.each(verbs.map((path) => [path.join(' '), path] as const))('%s: with examples', async (name, path) => {
    expect(await cli.run([...path, '--help'])).toBe(0);
    expect(cli.stderr).toBe('');
    expect(cli.stdout).toContain(`Usage: tsnctl ${name}`);
    expect(cli.stdout).toContain(`\nExamples:\n  tsnctl ${name}`);
    expect(cli.stdout.replace(/\s+/g, ' ')).not.toMatch(/\(default: [^)]*\) \(default: /);
  });

  it('of a verb with a result names -o, of one that changes a node --netns and --dry-run', async () => {
    const without = ['version', 'agent', 'completion', 'tune import']; // their result has a form of its own
    const results = verbs.filter((path) => !without.includes(path.join(' ')));
    for (const path of results) {
      await cli.run([...path, '--help']);
      expect(cli.stdout).toContain('-o, --output <format>');
      if (path[0] === 'attach' || path[0] === 'detach') expect(cli.stdout).toContain('--netns <namespace>');
      if (['attach', 'detach', 'install', 'remove'].some((word) => path.includes(word)))
        expect(cli.stdout).toContain('--dry-run');
    }
  });
});

describe('an error', () => {
  it('is one line: the message, and what to try', () => {
    expect(describeError(new TsnctlError('X', 'no such thing', { hint: 'another one' }))).toBe(
      'no such thing. Try: another one',
    );
    expect(describeError(new TsnctlError('X', 'first\n  second\n'))).toBe('first second');
    expect(describeError(new Error('plain'))).toBe('plain');
  });

  it('is not hidden by one of taking things down', () => {
    const both = new SuppressedError(new Error('busy'), new TsnctlError('X', 'refused', { hint: 'more' }));
    expect(describeError(both)).toBe('refused. Try: more; besides, taking everything down failed: busy');
  });

  it.each([
    ['attach uplink eth1'],
    ['attach pod veth0 --allow 3'],
    ['detach uplink eth1'],
    ['detach pod veth0'],
    ['detach all'],
  ])('of an empty namespace says so before anything is looked at: %s', async (line) => {
    const stderr =
      'tsnctl: --netns is empty. Try: a name that ip netns list shows, or a path such as /proc/PID/ns/net; ' +
      'without --netns: this namespace\n';
    for (const empty of ['', ' '])
      expect(await captureRun([...line.split(' '), '--netns', empty])).toEqual({
        code: 2,
        stdout: '',
        stderr,
      });
  });

  it('of the command line names the command whose help to read', async () => {
    await cli.run(['detach', 'pod']);
    expect(cli.stderr).toBe("tsnctl: missing required argument 'IF'. Try: tsnctl detach pod --help\n");
    expect(cli.stdout).toBe('');
  });
});

/** Every command that does something, as the words that lead to it. */
function leaves(command: Command, path: string[]): string[][] {
  return command.commands.flatMap((child) => {
    const words = [...path, child.name()];
    return child.commands.length > 0 ? leaves(child, words) : [words];
  });
}
