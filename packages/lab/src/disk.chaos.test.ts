import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { unmount } from '@tsnctl/linux';
import { onFaultPoint } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEEDS } from '../test/chaos/deeds.ts';
import { faultPointsOf, underTraffic } from '../test/chaos/fault-points.ts';
import { recordRow } from '../test/chaos/record.ts';
import { DeedStage } from '../test/chaos/stage-deeds.ts';
import { NEEDS } from '../test/plane.ts';
import { Lab } from './lab.ts';

useLeakCheck();

const full = process.env.TSNCTL_CHAOS === 'full';
let disk: string | undefined;
beforeEach((context) => requires(context, NEEDS));
afterEach(() => {
  if (disk !== undefined) unmount(disk, { lazy: true });
  disk = undefined;
});

/** What happens to the disk, and what ends it. */
const faults: Record<string, { begin: (disk: string) => void; end: (disk: string) => void }> = {
  'is full': { begin: (disk) => fill(join(disk, 'filler')), end: (disk) => rmSync(join(disk, 'filler')) },
  'is read-only': { begin: (disk) => remount(disk, 'ro'), end: (disk) => remount(disk, 'rw') },
};

const cases = Object.keys(faults).flatMap((fault) =>
  Object.entries(DEEDS)
    .filter(([, { writes, short }]) => writes && (full || short))
    .map(([name]) => ({ name, fault })),
);

it.for(cases)(
  '$name, while the disk $fault from any write on: said, and mended by the same again',
  async ({ name, fault }) => {
    const deed = DEEDS[name] ?? expect.fail();
    const { begin, end } = faults[fault] ?? expect.fail();
    await using lab = Lab.create();
    const mounted = join(lab.directory, 'disk');
    mkdirSync(mounted);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mounted]);
    disk = mounted;
    const stage = new DeedStage(lab, mounted);
    const { node, plane } = stage;
    await stage.prepare(deed);
    const points = await faultPointsOf(() => deed.run(node));
    const before = [...points.keys()].filter((at) => points[at]?.when === 'before');
    const packets = await underTraffic(lab, plane, [BEGINNING, ...before], async (point) => {
      await stage.prepare(deed);
      let passed = BEGINNING;
      let begun = false;
      const reached = () => {
        if (passed++ !== point) return;
        begun = true;
        begin(mounted);
      };
      let refused: unknown;
      {
        reached();
        using _ = onFaultPoint(reached);
        refused = await Promise.try(() => deed.run(node)).catch((error: Error) => error);
      }
      expect(begun).toBe(true);
      end(mounted);
      // A disk that is full takes a file away all the same: then all is done, but the last marks.
      if (refused instanceof Error) expect(refused.message).toMatch(/no space left|read-only file system/i);
      await stage.mend(deed);
    });
    await stage.clean();
    recordRow({ what: 'disk', name, fault, points: before.length + 1, packets });
  },
);

/** Before the first step: what is written down, or remembered, comes first. */
const BEGINNING = -1;

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

function remount(disk: string, how: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${how}`, disk]);
}
