import type { Desired, MetadataProxy, Step } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { CHANGES, SHORT } from '../test/chaos/changes.ts';
import { faultPoints, killAt, underTraffic } from '../test/chaos/fault-points.ts';
import { NEEDS, Plane } from '../test/plane.ts';
import { Traffic } from '../test/traffic.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const full = process.env.TSNCTL_CHAOS === 'full';
const names = Object.keys(CHANGES).filter((name) => full || SHORT.includes(name));

it.for(names)(
  'killed at any step of "%s", the same again mends it, and no packet is lost or wrong',
  async (name) => {
    const { from, to, carries } = CHANGES[name] ?? expect.fail();
    await using lab = Lab.create();
    // Filters come after links, so an observer that is a filter is behind both.
    const plane = new Plane(lab, { via: 'clsact' });
    const { proxy, stage } = plane;
    const netns = `/run/netns/${stage.node.name}`;
    toState(proxy, from);
    const points = faultPoints(proxy.plan(() => to));
    expect(points.length).toBeGreaterThan(0);
    await underTraffic(lab, plane, points, async (point) => {
      toState(proxy, from);
      await killAt(point, { netns, bpffs: lab.bpffs, what: { change: name } });
      proxy.change(() => to);
      expect(proxy.plan(() => to)).toEqual([]);
    });

    toState(proxy, to);
    const count = 200;
    await using traffic = await Traffic.start(lab, plane, [{ priority: 5 }], { count, intervalUs: 500 });
    const [verdict] = await traffic.verdicts();
    expect(verdict).toMatchObject({ priority: carries ? count : 0, wrong: 0 });
  },
);

function toState(proxy: MetadataProxy, desired: Desired): Step[] {
  return proxy.change(() => desired);
}
