import { requires, useLeakCheck } from '@tsnctl/testkit';
import { beforeEach, expect, it } from 'vitest';
import { FileNode } from '../../proxy/test/install-node.ts';
import { faultPoints, killAt, underTraffic } from '../test/chaos/fault-points.ts';
import { EVERYTHING, NEEDS, Plane } from '../test/plane.ts';
import { Lab } from './lab.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const full = process.env.TSNCTL_CHAOS === 'full';
const verbs = full ? (['install', 'upgrade', 'uninstall'] as const) : (['upgrade', 'uninstall'] as const);

it.for(verbs)(
  'killed at any step of "%s", the node is mended or as it was, and no packet is lost or wrong',
  async (verb) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { policy: EVERYTHING });
    const { node: host } = plane.stage;
    using node = new FileNode({ netns: host.netns, bpffs: lab.bpffs });
    const before = node.snapshot();
    const where = { netns: `/run/netns/${host.name}`, bpffs: lab.bpffs };
    const version = verb === 'upgrade' ? '1.1.0' : '1.0.0';
    const prepare = async () => {
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);
      plane.detach();
      if (verb !== 'install') await node.install().install('install', node.desired('1.0.0'));
      plane.attach(EVERYTHING);
    };
    await prepare();
    const { steps } =
      verb === 'uninstall'
        ? node.install().planUninstall()
        : node.install().planInstall(node.desired(version));
    // Files are stopped at in node-install.test.ts; what concerns packets is killed here, and with --full all.
    const points = faultPoints(steps).filter(({ at }) => full || steps[at]?.do !== 'put');
    await underTraffic(lab, plane, points, async (point) => {
      await prepare();
      await killAt(point, { ...where, what: { node: node.directory, verb, version } });
      if (verb !== 'uninstall' && point.at % 2 === 0) {
        await node.install().install(verb, node.desired(version));
        expect(node.install().planInstall(node.desired(version)).steps).toEqual([]);
      }
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);
    });
  },
);
