import { detachAll } from '@tsnctl/proxy';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { FileNode } from '../../proxy/test/install-node.ts';
import { EVERYTHING, NEEDS, Plane } from '../test/plane.ts';
import { Traffic } from '../test/traffic.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const LOAD = { count: 6_000, intervalUs: 200 };
const APPLICATIONS = [{ priority: 5, txtime: 'tai' as const }, { priority: 3 }];

it.for([
  { mode: 'host', via: 'tcx' },
  { mode: 'pod', via: 'clsact' },
] as const)(
  'an upgrade costs no packet and no metadata, and counters carry on: $mode mode on $via',
  async (how) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { clock: 'tai', policy: EVERYTHING, ...how });
    using node = new FileNode({ netns: plane.stage.node.netns, bpffs: lab.bpffs });
    await node.install().install('install', node.desired('1.0.0'));
    let sent = 0n;
    for (const [from, to] of [
      ['1.0.0', '1.1.0'],
      ['1.1.0', '1.0.0'],
    ] as const) {
      await using traffic = await Traffic.start(lab, plane, APPLICATIONS, LOAD);
      const before = traffic.passed;
      const { steps } = await node.install().install('upgrade', node.desired(to));
      expect(steps.map((step) => step.do)).toContain('renew-programs');
      expect(node.read('/opt/cni/bin/tsnctl')).not.toContain(from);
      expect(traffic.passed).toBeGreaterThan(before); // it was under traffic
      const all = LOAD.count;
      expect(await traffic.verdicts()).toEqual([
        { priority: all, launchTime: all, wrong: 0 },
        { priority: all, launchTime: null, wrong: 0 },
      ]);
      sent += BigInt(traffic.total);
    }
    const { pod, uplink } = plane.counted();
    expect(uplink.restored).toBe(sent); // as if nothing had happened
    expect(pod.saved).toBe(sent);

    // It was attached by hand before the install, so it stays: after a second uninstall, too.
    for (let time = 0; time < 2; time++) {
      const { left } = await node.install().uninstall();
      expect(left.map(({ path }) => path)).toEqual(['the data plane']);
      expect(plane.proxy.observe().attachments).toHaveLength(how.mode === 'pod' ? 3 : 2);
    }
    plane.proxy.change(detachAll());
    await node.install().install('install', node.desired('1.0.0'));
    plane.uplink('tai');
    await node.install().uninstall();
    expect(plane.proxy.observe()).toMatchObject({ attachments: [], tables: false });
  },
);
