import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clockNs } from '@tsnctl/linux';
import { requires, useLeakCheck } from '@tsnctl/testkit';
import { BpfObject } from 'libbpf-ts';
import { beforeEach, expect, it } from 'vitest';
import { EVERYTHING, MODES, NEEDS, Plane, Sender } from '../test/plane.ts';
import { Witness } from '../test/witness.ts';
import { word } from '../test/word.ts';
import { at, FAMILIES } from './addresses.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { bridgeRoute } from './paths/bridge-route.ts';
import { vxlan } from './paths/vxlan.ts';
import { NIC, POD_SIDE } from './stage.ts';

useLeakCheck();
beforeEach((context) => requires(context, NEEDS));

const SECOND = 1_000_000_000n;
const UDP = 17; // protocol number
const ways = [
  { path: bridgeRoute, device: NIC },
  { path: vxlan, device: 'vxlan0' },
].flatMap((way) => MODES.map((mode) => ({ ...way, mode, name: way.path.name })));

// A packet with a socket is not a host process's for that: bpf_redirect_neigh keeps the pod's.
it.for(ways)(
  '$name, $mode mode: a word behind bpf_redirect_neigh is a pod’s',
  async ({ path, device, mode }) => {
    await using lab = Lab.create();
    const plane = new Plane(lab, { path, policy: EVERYTHING, mode });
    const { node, pod } = plane.stage;
    redirect(lab, node, device);
    const witness = lab.use(Witness.tcx(node, NIC, 'egress'));
    for (const family of FAMILIES) {
      using sender = new Sender(pod, plane.target[family], { priority: 6, clock: 'mono' });
      sender.send(clockNs('monotonic') + SECOND); // the neighbour is found
      await plane.seen(1);
      plane.counted();
      const before = witness.sights.length;
      const times = [1n, 2n, 3n].map((later) => clockNs('monotonic') + SECOND + later);
      for (const time of times) sender.send(time);
      expect(await plane.seen(3)).toMatchObject(times.map((tstamp) => ({ priority: 6, tstamp })));
      const sights = witness.sights
        .slice(before)
        .filter(({ protocol, priority }) => protocol === UDP && priority === 6); // not the node's group reports
      expect(sights.map(({ cookie }) => cookie !== 0n)).toEqual([true, true, true]);
      expect(plane.counted()).toEqual({ pod: { saved: 3n }, uplink: { restored: 3n } });
    }

    // A process of the node on the same uplink, by the NIC and through the tunnel.
    for (const to of [at('nic', 2)[4], plane.target[4]]) {
      using forger = new Sender(node, to, { priority: 2, clock: 'mono' });
      forger.send(word({ priority: 6, clock: 1, timeNs: SECOND }));
      expect(await plane.seen(1)).toMatchObject([{ priority: 2, tstamp: 0n }]);
      expect(plane.counted()).toEqual({ pod: {}, uplink: { forged: 1n } });
    }
  },
);

/** From now on the pod's packets go straight to a device, once the proxy's program has seen them. */
function redirect(lab: Lab, node: Host, device: string): void {
  const elf = readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/redirector.bpf.o')));
  using object = BpfObject.open(elf, 'redirector')
    .setConstants({ device: node.index(device) })
    .load();
  using program = object.program('redirector');
  const place = { ifindex: node.index(POD_SIDE), direction: 'ingress', netns: node.netns } as const;
  lab.use(program.attachTcx({ ...place, position: 'last' }));
}
