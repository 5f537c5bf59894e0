import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { tar } from './tar.ts';

it('is what tar(1) reads', () => {
  const archive = tar([
    { path: 'bin', directory: true },
    { path: 'bin/hello', mode: 0o755, content: Buffer.from('hello, world\n') },
    { path: 'bin/hi', linkTo: 'hello' },
    { path: 'empty', content: new Uint8Array() },
    { path: 'block', content: new Uint8Array(512) },
  ]);
  const { stdout, status, stderr } = spawnSync('tar', ['--utc', '--numeric-owner', '-tvf', '-'], {
    input: archive,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    'drwxr-xr-x 0/0               0 1970-01-01 00:00 bin',
    '-rwxr-xr-x 0/0              13 1970-01-01 00:00 bin/hello',
    'lrw-r--r-- 0/0               0 1970-01-01 00:00 bin/hi -> hello',
    '-rw-r--r-- 0/0               0 1970-01-01 00:00 empty',
    '-rw-r--r-- 0/0             512 1970-01-01 00:00 block',
    '',
  ]);
  const hello = spawnSync('tar', ['-xOf', '-', 'bin/hello'], { input: archive, encoding: 'utf8' });
  expect(hello.stdout).toBe('hello, world\n');
});

it('refuses a path that its header cannot hold', () => {
  expect(() => tar([{ path: 'a'.repeat(101), directory: true }])).toThrow(/^too long for a tar header: aaa/);
});
