import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unmount } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileNode } from '../../test/install-node.ts';
import type { NodeInstall } from './node-install.ts';

useLeakCheck();

let disk: string;
let node: FileNode;
let before: Record<string, string>;
beforeEach((context) => {
  requires(context, { root: true });
  disk = mkdtempSync(join(tmpdir(), 'tsnctl-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  node = FileNode.in(disk);
  before = node.snapshot();
});
afterEach(() => {
  if (!disk) return;
  unmount(disk, { lazy: true });
  rmSync(disk, { recursive: true });
});

/** What happens to the disk, and what ends it. */
const faults: Record<string, { begin: () => void; end: () => void }> = {
  'is full': { begin: () => fill(join(disk, 'filler')), end: () => rmSync(join(disk, 'filler')) },
  'is read-only': { begin: () => remount('ro'), end: () => remount('rw') },
};

type Deed = (install: NodeInstall) => Promise<unknown>;
const deeds: Record<string, { prepare: Deed; plan: (install: NodeInstall) => number; deed: Deed }> = {
  install: {
    prepare: async () => undefined,
    plan: (install) => install.planInstall(node.desired()).steps.length,
    deed: (install) => install.install('install', node.desired()),
  },
  upgrade: {
    prepare: (install) => install.install('install', node.desired()),
    plan: (install) => install.planInstall(node.desired('1.1.0')).steps.length,
    deed: (install) => install.install('upgrade', node.desired('1.1.0')),
  },
  uninstall: {
    prepare: (install) => install.install('install', node.desired()),
    plan: (install) => install.planUninstall().steps.length,
    deed: (install) => install.uninstall(),
  },
};

const cases = Object.keys(faults).flatMap((fault) =>
  Object.keys(deeds).map((name) => [name, fault] as const),
);

it.each(cases)(
  '%s, while the disk %s from any step on: said, and mended by the same again',
  async (name, fault) => {
    const { prepare, plan, deed } = deeds[name] ?? expect.fail();
    const { begin, end } = faults[fault] ?? expect.fail();
    await prepare(node.install());
    const count = plan(node.install());
    for (let at = 0; at < count; at++) {
      let begun = false;
      const failing = node.install((point) => {
        if (point.at !== at || point.when !== 'before') return;
        begun = true;
        begin();
      });
      const refused = await deed(failing).catch((error: Error) => error.message);
      expect(begun).toBe(true);
      end();
      // A disk that is full takes a file away all the same: then all is done, but the last marks.
      if (typeof refused === 'string') expect(refused).toMatch(/no space left|read-only file system/i);
      await deed(node.install());
      expect(plan(node.install())).toBe(0);
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);
      await prepare(node.install());
    }
  },
);

function fill(path: string): void {
  const fd = openSync(path, 'w');
  try {
    for (const size of [65_536, 4_096, 1]) writeUntilFull(fd, size);
  } finally {
    closeSync(fd);
  }
}

function writeUntilFull(fd: number, size: number): void {
  try {
    for (;;) writeSync(fd, Buffer.alloc(size));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

function remount(how: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${how}`, disk]);
}
