import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { DEEDS } from '../test/chaos/deeds.ts';
import { faultPointsOf, Killer, underTraffic } from '../test/chaos/fault-points.ts';
import { recordRow } from '../test/chaos/record.ts';
import { DeedStage } from '../test/chaos/stage-deeds.ts';
import { stepKinds } from '../test/chaos/step-kinds.ts';
import { NEEDS } from '../test/plane.ts';
import { Traffic } from '../test/traffic.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const full = process.env.TSNCTL_CHAOS === 'full';
const names = Object.keys(DEEDS).filter((name) => full || DEEDS[name]?.short);
const passed = new Set<string>();

it.for(names)(
  '%s: killed at any step, the same again mends it, and no packet is lost or wrong',
  async (name) => {
    const deed = DEEDS[name] ?? expect.fail();
    await using lab = Lab.create();
    const stage = new DeedStage(lab);
    const { node, plane, place } = stage;
    await stage.prepare(deed);
    const points = await faultPointsOf(() => deed.run(node));
    expect(points.length).toBeGreaterThan(0);
    for (const point of points) passed.add(kindOf(point.step));
    await using killer = new Killer({ place, name });
    const packets = await underTraffic(
      lab,
      plane,
      [...points.keys()],
      async (point) => {
        await stage.prepare(deed);
        await killer.killAt(point);
        expectReadable(node.lists);
        await stage.mend(deed);
      },
      deed,
    );

    // Once more to its end: what it is good for.
    await stage.prepare(deed);
    await deed.run(node);
    const count = 200;
    await using traffic = await Traffic.start(lab, plane, [{ priority: 5 }], { count, intervalUs: 500 });
    const [verdict] = await traffic.verdicts();
    expect(verdict).toMatchObject({ priority: deed.carries ? count : 0, wrong: 0 });
    await stage.clean();
    recordRow({ what: 'kill', name, points: points.length, packets });
  },
);

/** Whatever happens to us, the runtime can read its lists. */
function expectReadable(directory: string): void {
  const lists = readdirSync(directory).filter((name) => name.endsWith('.conflist'));
  expect(lists.length).toBeGreaterThan(0);
  for (const name of lists) JSON.parse(readFileSync(join(directory, name), 'utf8'));
}

function kindOf(step: unknown): string {
  const { do: deed, kind } = step as { do?: string; kind?: string };
  return deed ?? kind ?? '';
}

if (full) {
  it('every kind of step was killed at', () => {
    expect(stepKinds.filter((kind) => !passed.has(kind))).toEqual([]);
  });
}

afterAll(() => console.log(`killed at steps of these kinds: ${[...passed].sort().join(', ')}`));
