import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount, unmount } from '@tsnctl/linux';
import { requires } from '@tsnctl/testkit';
import { expect, it } from 'vitest';
import { isMountPoint, removeEmpty } from './path-files.ts';

it('a directory that is mounted is not ours to remove, as in a container whose root is read-only', (ctx) => {
  requires(ctx, { root: true });
  const directory = mkdtempSync(join(tmpdir(), 'tsnctl-mounted-'));
  const state = join(directory, 'state');
  mkdirSync(state);
  mount('tmpfs', state, { type: 'tmpfs' });
  try {
    expect([isMountPoint(state), isMountPoint(directory)]).toEqual([true, false]);
    expect(removeEmpty(state)).toBe(false);
    expect(readdirSync(directory)).toEqual(['state']);
  } finally {
    unmount(state);
  }
  expect(removeEmpty(state)).toBe(true);
  expect(isMountPoint(state)).toBe(false);
  rmSync(directory, { recursive: true });
});
