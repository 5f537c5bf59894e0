import { onFaultPoint } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { DEEDS } from '../test/chaos/deeds.ts';
import { faultPointsOf, underTraffic } from '../test/chaos/fault-points.ts';
import { recordRow } from '../test/chaos/record.ts';
import { SmallDisk } from '../test/chaos/small-disk.ts';
import { DeedStage } from '../test/chaos/stage-deeds.ts';
import { NEEDS } from '../test/plane.ts';
import { Lab } from './lab.ts';

useLeakCheck();

const full = process.env.TSNCTL_CHAOS === 'full';
beforeEach((context) => requires(context, NEEDS));

/** What happens to the disk; each returns what ends it. */
const faults: Record<string, (disk: SmallDisk) => () => void> = {
  'is full': (disk) => disk.fill(),
  'is read-only': (disk) => disk.makeReadOnly(),
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
    const begin = faults[fault] ?? expect.fail();
    await using lab = Lab.create();
    const disk = lab.use(new SmallDisk());
    const stage = new DeedStage(lab, disk.path);
    const { node, plane } = stage;
    await stage.prepare(deed);
    const points = await faultPointsOf(() => deed.run(node));
    const before = [...points.keys()].filter((at) => points[at]?.when === 'before');
    const packets = await underTraffic(
      lab,
      plane,
      [BEGINNING, ...before],
      async (point) => {
        await stage.prepare(deed);
        let passed = BEGINNING;
        let end: (() => void) | undefined;
        const reached = () => {
          if (passed++ === point) end = begin(disk);
        };
        let refused: unknown;
        {
          reached();
          using _ = onFaultPoint(reached);
          refused = await Promise.try(() => deed.run(node)).catch((error: Error) => error);
        }
        if (!end) throw new Error(`point ${point} has not passed`);
        end();
        // A disk that is full takes a file away all the same: then all is done, but the last marks.
        if (refused instanceof Error) expect(refused.message).toMatch(/no space left|read-only file system/i);
        await stage.mend(deed);
      },
      deed,
    );
    await stage.clean();
    recordRow({ what: 'disk', name, fault, points: before.length + 1, packets });
  },
);

/** Before the first step: what is written down, or remembered, comes first. */
const BEGINNING = -1;
