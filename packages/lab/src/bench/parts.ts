import type { BpfObject } from 'libbpf-ts';
import type { Lab } from '../lab.ts';
import { type Figure, measured } from './figure.ts';
import { flood } from './flood.ts';
import { Meter, measure } from './meter.ts';
import { openBench } from './objects.ts';
import type { Bench, Part } from './part.ts';
import { Rig, SINK_PORT } from './rig.ts';

/** The programs of bpf/bench/parts.bpf.c, in the order in which they have to run. */
const PARTS = ['socket', 'slot', 'policy', 'count', 'helper', 'store', 'tick', 'tai'] as const;

/** Ns of each part that saver and restorer are made of, all in one flood of packets with a priority. */
export const partsPart: Part = {
  title: 'where the nanoseconds go',
  async run(bench) {
    const lab = bench.lab();
    const rig = new Rig(lab, 'none');
    using object = openBench('parts').load();
    const meters = attachParts(lab, rig, object);
    const rounds: number[][] = [];
    for (let round = -1; round < bench.effort.rounds; round++) {
      const ns = await measure(meters, bench.effort.flood, () => send(rig, bench));
      if (round >= 0) rounds.push(ns);
    }
    return meters.map(
      ({ name }, at): Figure =>
        measured(
          `parts/${name}`,
          'ns',
          rounds.map((round) => round[at] ?? 0),
        ),
    );
  },
};

/** All of them where the saver stands, one behind the other. */
function attachParts(lab: Lab, rig: Rig, object: BpfObject): Meter[] {
  const hook = rig.entering(rig.pods[0]);
  const { host, device, direction } = hook;
  const ifindex = host.index(device);
  return PARTS.map((name) => {
    const program = object.program(name);
    lab.use(program.attachTcx({ ifindex, direction, position: 'last', netns: host.netns }));
    return lab.use(new Meter([hook], [program]));
  });
}

async function send({ pods: [pod], target }: Rig, { effort, talker, signal }: Bench): Promise<void> {
  const asks = ['--priority', '6'];
  await flood(talker, [{ from: pod.host, to: target, port: SINK_PORT, count: effort.flood, asks }], signal);
}
