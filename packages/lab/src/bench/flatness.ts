import { Tables } from '@tsnctl/proxy';
import { compared, type Figure } from './figure.ts';
import { flood } from './flood.ts';
import { measure } from './meter.ts';
import type { Bench, Part } from './part.ts';
import { policyOf, Rig, SINK_PORT } from './rig.ts';

/** As many senders in every rig: in one pod, or in a pod each. */
const SENDERS = 8;
/** More pods, or more CPUs, may make a packet this much dearer. */
const GOAL = 1.25;

/** Ns per packet of host mode by the number of pods in the tables and of CPUs that send. */
export const flatnessPart: Part = {
  title: 'cost by number of pods and CPUs',
  async run(bench) {
    const rigs = bench.effort.pods.map((size) => {
      const crowd = size >= SENDERS;
      const spacing = crowd ? Math.floor(size / SENDERS) : 0;
      const rig = new Rig(bench.lab(), 'host', { pods: crowd ? SENDERS : 1, spacing });
      fill(rig, size - rig.pods.length);
      return { size, rig, meters: rig.meters() };
    });
    const cpuCounts = bench.cpus.length > 1 ? [1, 2] : [1];
    const measured = new Map<string, number[]>();
    const of = (size: number, cpus: number) => measured.get(`${size}/${cpus}`) ?? [];
    for (let round = -1; round < bench.effort.rounds; round++) {
      for (const cpus of cpuCounts) {
        for (const { size, rig, meters } of rigs) {
          const each = Math.ceil((2 * bench.effort.flood) / SENDERS);
          const ns = await measure(meters, each * SENDERS, () =>
            send(rig, each, bench.cpus.slice(0, cpus), bench),
          );
          const sum = ns.reduce((total, value) => total + value, 0);
          if (round >= 0) measured.set(`${size}/${cpus}`, [...of(size, cpus), sum]);
        }
      }
    }
    return figures(bench.effort.pods, cpuCounts, of);
  },
};

function figures(
  sizes: readonly number[],
  cpuCounts: readonly number[],
  of: (size: number, cpus: number) => number[],
): Figure[] {
  const against = (name: string, values: number[], base: number[]) =>
    compared(
      `flatness/${name}`,
      'ns',
      values.map((value, round) => ({ value, against: base[round] ?? 0 })),
      GOAL,
    );
  return cpuCounts.flatMap((cpus) => {
    const name = `${cpus}-cpu${cpus > 1 ? 's' : ''}`;
    const more = sizes.slice(1).map((size) => against(`${name}/${size}-pods`, of(size, cpus), of(1, cpus)));
    return cpus > 1 ? [against(`${name}/1-pod`, of(1, cpus), of(1, 1)), ...more] : more;
  });
}

async function send(
  { pods, target }: Rig,
  count: number,
  cpus: readonly number[],
  bench: Bench,
): Promise<void> {
  const flows = Array.from({ length: SENDERS }, (_, sender) => ({
    from: (pods[sender % pods.length] ?? pods[0]).host,
    to: target,
    port: SINK_PORT,
    count,
    asks: ['--priority', '6'],
    cpu: cpus[sender % cpus.length],
  }));
  await flood(bench.talker, flows, bench.signal);
}

/**
 * Fill the tables with `count` pods that are not there, each with a policy of its own, at scattered places; then
 * put the real ones where the proxy finds room, so that some stand beside their place.
 */
function fill({ proxy, pods, stage }: Rig, count: number): void {
  using tables = new Tables(proxy.pins);
  const real = pods.map(({ side }) => stage.node.index(side));
  for (const ifindex of real) tables.clearPod(ifindex);
  for (let number = 0; number < count; number++)
    tables.setPod(FAR + number * SCATTER, policyOf(pods.length + number));
  for (const [number, ifindex] of real.entries()) tables.setPod(ifindex, policyOf(number));
}

/** Above the indices of all real interfaces. */
const FAR = 1 << 20;
/** Odd, so that its multiples meet every slot of a table of 2^n once; near the golden section, so that they spread. */
const SCATTER = 1267;
