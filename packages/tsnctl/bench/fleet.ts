// npm run -s bench:fleet [-- --quick] [-- -o json]
// What agents cost the API server of a cluster: counted of 50 agents beside a server in this process, and of 5000 by
// the arithmetic of docs/scale.md.
import { measured } from '@tsnctl/lab';
import { agentLoad, clusterLoad, writesPerS } from './fleet/load.ts';
import { COSTS, TARGET } from './fleet/shapes.ts';
import { type Simulated, type SimulationEffort, simulate } from './fleet/simulation.ts';
import { runBench } from './run-bench.ts';

const common = { podsPerNode: 110, namespaces: 200, policies: 20, interfaces: 5, speed: 20 };
/** The churn of a node is that of TARGET, so many times faster. */
const livesPerS = (nodes: number) => (TARGET.churnPerS / TARGET.nodes) * nodes * common.speed;
const effort = (small: number, large: number, lives: number) =>
  [small, large].map((nodes) => ({ ...common, nodes, lives: lives * nodes, livesPerS: livesPerS(nodes) }));

let costs = COSTS;

await runBench<readonly SimulationEffort[]>({
  name: 'bench:fleet',
  measures: 'what the agents of a cluster cost its API server',
  efforts: { full: effort(10, 50, 12), quick: effort(3, 6, 2) },
  quickly: 'a few nodes, for a first look',
  parts: [
    {
      title: 'agents beside a server of this process: starting, then pods that come and go',
      async run(efforts, signal) {
        const results: Simulated[] = [];
        for (const one of efforts) results.push(await simulate(one, signal));
        const [small, large] = results as [Simulated, Simulated];
        const [, shape] = efforts as readonly [SimulationEffort, SimulationEffort];
        costs = { ...large, eventsPerPodLife: large.eventsPerLife };
        const expected = agentLoad({ ...TARGET, ...shape, churnPerS: 1 }, costs);
        return [
          against('agent/start-requests', 'calls', large.startRequests, expected.startRequests, 1),
          against('agent/start-bytes', 'kB', large.startBytes / 1e3, expected.startBytes / 1e3, 1.1),
          against('agent/events-of-a-pod', 'events', large.eventsPerLife, small.eventsPerLife, 1.01),
          against('agent/bytes-of-a-pod', 'kB', large.bytesPerLife / 1e3, small.bytesPerLife / 1e3, 1.05),
          against('agent/writes', '/s', large.writesPerS / common.speed, modelled(), 1.2),
          measured('agent/memory', 'MB', large.heapMB),
          ...(['pod', 'node', 'namespace', 'policy', 'interface', 'state'] as const).map((kind) =>
            measured(`object/${kind}`, 'kB', large[`${kind}Bytes`] / 1e3),
          ),
        ];
      },
    },
    {
      title: '5000 agents, by arithmetic',
      run() {
        const [one, all] = [agentLoad(TARGET, costs), clusterLoad(TARGET, costs)];
        return [
          measured('5000/agent/requests', '/s', one.requestsPerS),
          measured('5000/agent/events', '/s', one.eventsPerS),
          measured('5000/agent/bytes', 'kB/s', one.bytesPerS / 1e3),
          measured('5000/requests', '/s', all.requestsPerS),
          measured('5000/events', '/s', all.eventsPerS),
          measured('5000/bytes', 'kB/s', all.bytesPerS / 1e3),
          measured('5000/status-writes', '/s', all.writesPerS),
          measured('5000/status-bytes', 'kB/s', all.writtenBytesPerS / 1e3),
        ];
      },
    },
  ],
});

/** Writes of a node's state at the churn of TARGET. */
function modelled(): number {
  const { churnPerS, nodes, askingPerNode, podsPerNode } = TARGET;
  return writesPerS(((2 * churnPerS) / nodes) * (askingPerNode / podsPerNode));
}

function against(
  name: string,
  unit: 'calls' | 'kB' | 'events' | '/s',
  value: number,
  other: number,
  goal: number,
) {
  return { ...measured(name, unit, value), ...ratioOf(value, other, goal) };
}

function ratioOf(value: number, other: number, goal: number) {
  const ratio = Number((value / other).toFixed(3));
  return { against: Number(other.toFixed(3)), ratio, goal, met: ratio <= goal };
}
