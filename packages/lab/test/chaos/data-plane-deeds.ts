import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Desired, Mode, UplinkClock, Via } from '@tsnctl/proxy';
import { BpfLink, BpfObject } from 'libbpf-ts';
import { NIC, POD_SIDE, type Stage } from '../../src/stage.ts';
import { EVERYTHING } from '../plane.ts';
import type { Deed, Deeds } from './deed.ts';
import type { DeedNode } from './deed-node.ts';
import { remove, wireAnew } from './wire-anew.ts';

const NOTHING: Desired = { pods: [], uplinks: [], via: 'tcx' };

/** The data plane with one pod that may do everything. */
export function carrying({
  mode = 'host',
  via = 'tcx',
  clock = 'mono',
  allow = EVERYTHING.allow,
}: {
  mode?: Mode;
  via?: Via;
  clock?: UplinkClock;
  allow?: readonly number[];
} = {}): Desired {
  return {
    pods: [{ name: POD_SIDE, mode, policy: { ...EVERYTHING, allow: [...allow] } }],
    uplinks: [{ name: NIC, clock, stacked: false }],
    via,
  };
}

function change(from: Desired, to: Desired, more: Partial<Deed> = {}): Deed {
  return {
    prepare: ({ proxy }) => void proxy.change(() => from),
    run: ({ proxy }) => proxy.change(() => to),
    left: ({ proxy }) => proxy.plan(() => to),
    carries: to.pods.length > 0,
    ...more,
  };
}

/** What `tsnctl attach`, `detach` and the agent's looks come to. */
export const dataPlaneDeeds: Deeds = {
  attach: change(NOTHING, carrying(), { short: true }),
  'detach all': change(carrying(), NOTHING, { short: true }),
  'to pod mode': change(carrying(), carrying({ mode: 'pod' })),
  'from pod mode': change(carrying({ mode: 'pod' }), carrying()),
  'to clsact': change(carrying(), carrying({ via: 'clsact' })),
  'another policy': change(carrying(), carrying({ allow: [3, 5] })),
  'load the programs anew': {
    ...change(carrying(), carrying()),
    run: ({ proxy }) => proxy.renew(),
  },
  'get ahead of a foreign program': change(carrying(), carrying(), {
    prepare(node, { node: host, lab }) {
      node.proxy.change(() => carrying());
      using object = BpfObject.open(
        readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/observer.bpf.o'))),
        'foreign',
      ).load();
      using program = object.program('observer');
      const ifindex = host.index(POD_SIDE);
      lab.use(program.attachTcx({ ifindex, direction: 'ingress', netns: host.netns, position: 'first' }));
    },
  }),
  'forget an interface that has gone': change(carrying(), carrying(), {
    prepare(node, stage) {
      wireAnew(stage, 'pod8');
      node.proxy.change(() => carrying());
      remove(stage.node, 'pod8');
    },
  }),
  'take off what no pin holds any more': change(carrying(), carrying(), {
    prepare({ proxy }, { lab }) {
      proxy.change(() => carrying());
      const [first = ''] = proxy.pins.links();
      for (const path of proxy.pins.links()) lab.use(BpfLink.pinned(path)); // as of another mount namespace
      rmSync(dirname(dirname(first)), { recursive: true });
    },
  }),
  'an attach that is refused, and taken back': {
    prepare(_, { node }: Stage) {
      remove(node, 'lone0');
      node.add({ kind: 'veth', name: 'lone0', peer: { name: 'lone1' } });
    },
    run: ({ proxy }: DeedNode) => {
      const { pods, ...rest } = carrying();
      const lone = { name: 'lone0', mode: 'pod', policy: EVERYTHING } as const; // no pod is behind it
      try {
        proxy.change(() => ({ ...rest, pods: [...pods, lone] }));
      } catch (error) {
        if (!String(error).includes('nothing is changed')) throw error;
        return;
      }
      throw new Error('it was not refused');
    },
    mend: ({ proxy }) => proxy.change(() => NOTHING),
    left: ({ proxy }) => proxy.plan(() => NOTHING),
    carries: false,
  },
};
