import type { UplinkClock } from '@tsnctl/proxy';
import { compared, type Figure, measured } from './figure.ts';
import { flood } from './flood.ts';
import { type Meter, measure } from './meter.ts';
import type { Bench, Part } from './part.ts';
import { Rig, SINK_PORT } from './rig.ts';

interface Scenario {
  name: string;
  /** What each application asks for. */
  asks: readonly string[];
  clock: UplinkClock;
  goals: { host: number | null; pod: number | null };
}

const scenarios: readonly Scenario[] = [
  { name: 'priority-only', asks: ['--priority', '6'], clock: 'mono', goals: { host: 0.15, pod: 0.3 } },
  {
    name: 'launch-time-mono',
    asks: ['--priority', '6', '--txtime', 'mono'],
    clock: 'mono',
    goals: { host: 0.1, pod: 0.3 },
  },
  {
    name: 'launch-time-tai',
    asks: ['--priority', '6', '--txtime', 'tai'],
    clock: 'tai',
    goals: { host: 0.1, pod: 0.3 },
  },
  { name: 'ordinary', asks: [], clock: 'mono', goals: { host: null, pod: null } },
];

/** Ns per packet of each design's programs in a flood, ours beside the reference's. */
export const costParts: readonly Part[] = scenarios.map((scenario) => ({
  title: `cost of a packet: ${scenario.name}`,
  run: (bench) => cost(scenario, bench),
}));

const SENDERS = 2;

async function cost({ name, asks, clock, goals }: Scenario, bench: Bench): Promise<Figure[]> {
  const designs = ['host', 'pod', 'reference'] as const;
  const runs = designs.map((design) => {
    const rig = new Rig(bench.lab(), design, { clock });
    return { design, rig, meters: rig.meters(), rounds: [] as number[][] };
  });
  for (let round = -1; round < bench.effort.rounds; round++) {
    for (const { rig, meters, rounds } of runs) {
      const ns = await measure(meters, bench.effort.flood * SENDERS, () => send(rig, asks, bench));
      if (round >= 0) rounds.push(ns); // the first one only finds the way
    }
  }
  const reference = runs.at(-1)?.rounds ?? [];
  return runs.slice(0, -1).flatMap(({ design, meters, rounds }) => {
    const goal = design === 'reference' ? null : goals[design];
    const pairs = rounds.map((ns, round) => ({ value: sum(ns), against: sum(reference[round] ?? []) }));
    return [
      compared(`cost/${name}/${design}`, 'ns', pairs, goal),
      ...eachHook(`cost/${name}/${design}`, meters, rounds, reference),
    ];
  });
}

/** The first program of ours beside the reference's first, the last beside its last. */
function eachHook(
  name: string,
  meters: readonly Meter[],
  rounds: readonly number[][],
  reference: readonly number[][],
): Figure[] {
  const last = meters.length - 1;
  return meters.map((meter, at) => {
    const values = rounds.map((round) => round[at] ?? 0);
    const hook = `${name}/${meter.name}`;
    if (at > 0 && at < last) return measured(hook, 'ns', values); // the reference has no third one
    const pairs = values.map((value, round) => ({ value, against: reference[round]?.at(at && -1) ?? 0 }));
    return compared(hook, 'ns', pairs);
  });
}

/** Two applications of one pod at once, each on a CPU of its own. */
async function send({ pods, target }: Rig, asks: readonly string[], bench: Bench): Promise<void> {
  const flows = Array.from({ length: SENDERS }, (_, sender) => ({
    from: pods[0].host,
    to: target,
    port: SINK_PORT,
    count: bench.effort.flood,
    asks,
    cpu: bench.cpus[sender % bench.cpus.length],
  }));
  await flood(bench.talker, flows, bench.signal);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
