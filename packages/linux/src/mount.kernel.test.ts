import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requires, testBpffs, useLeakCheck } from '@tsnctl/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { isBpffs, makeShared, mount, mountsBelow, unmount } from './mount.ts';

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true }));

const directory = mkdtempSync(join(tmpdir(), `tsnctl-test-${process.pid}-`));
afterAll(() => rmdirSync(directory));
const isMounted = () => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${directory} `);

describe('isBpffs', () => {
  it('is true on a BPF file system, and below its root', () => {
    using bpffs = testBpffs();
    expect(isBpffs(bpffs.path)).toBe(true);
    expect(isBpffs(join(bpffs.path, 'nothing'))).toBe(false);
  });

  it.each(['/', '/proc', '/no/such/path', '/etc/passwd/below'])('is false at %s', (path) => {
    expect(isBpffs(path)).toBe(false);
  });
});

describe('mount', () => {
  it('mounts a file system and unmount takes it away', () => {
    mount('bpf', directory, { type: 'bpf' });
    expect(isMounted()).toBe(true);
    unmount(directory);
    expect(isMounted()).toBe(false);
  });

  it('binds one path to another', () => {
    using bpffs = testBpffs();
    mount(bpffs.path, directory, { bind: true });
    expect(isBpffs(directory)).toBe(true);
    unmount(directory);
    expect(isBpffs(directory)).toBe(false);
  });

  it.each([
    [
      'a file system that is not there',
      () => mount('x', directory, { type: 'tsnctl-none' }),
      'mount: no such device',
    ],
    [
      'a directory that is not there',
      () => mount('bpf', '/no/such/path', { type: 'bpf' }),
      'mount: no such file or directory',
    ],
    ['to unmount what is not mounted', () => unmount(directory), 'umount2: invalid argument'],
  ])('refuses %s', (_, action, message) => {
    expect(action).toThrow(message);
    expect(isMounted()).toBe(false);
  });

  it('what is used is unmounted lazily only', () => {
    mount('bpf', directory, { type: 'bpf' });
    const home = process.cwd();
    process.chdir(directory);
    try {
      expect(() => unmount(directory)).toThrow(expect.objectContaining({ code: 'EBUSY' }));
      unmount(directory, { lazy: true });
      expect(isMounted()).toBe(false);
    } finally {
      process.chdir(home);
    }
  });
});

it('mountsBelow names the innermost mount first, and nothing beside', () => {
  const inner = join(directory, 'with a space');
  mount('none', directory, { type: 'tmpfs' });
  mkdirSync(inner);
  mount('bpf', inner, { type: 'bpf' });
  expect(mountsBelow(directory)).toEqual([inner, directory]);
  expect(mountsBelow(directory.slice(0, -1))).toEqual([]);
  for (const target of mountsBelow(directory)) unmount(target);
  expect(mountsBelow(directory)).toEqual([]);
});

it('makeShared makes a directory a shared mount, once', () => {
  expect(makeShared(directory)).toBe(true);
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((mounted) => mounted.includes(` ${directory} `));
  expect(line).toMatch(/ shared:\d+ /);
  expect(makeShared(directory)).toBe(false);
  unmount(directory);
  expect(isMounted()).toBe(false);
});
