import { setTimeout as sleep } from 'node:timers/promises';
import { BenchNode } from '../agent/node.ts';
import { type Figure, measured } from '../figure.ts';
import type { BenchPart } from '../run-bench.ts';
import { BenchCluster, nodeName, until } from './cluster.ts';

export interface FleetEffort {
  readonly agents: number;
  /** Of each node. */
  readonly pods: number;
  /** Pods that come and go on each node. */
  readonly churn: number;
  readonly idleMs: number;
}

export const fleetEfforts: Record<'full' | 'quick', FleetEffort> = {
  full: { agents: 50, pods: 110, churn: 20, idleMs: 20_000 },
  quick: { agents: 10, pods: 20, churn: 5, idleMs: 3_000 },
};

const FEW = 5;

/** What one agent costs, in a fleet of so many. */
async function perAgent(
  agents: number,
  { pods, churn }: FleetEffort,
): Promise<{
  startBytes: number;
  startRequests: number;
  podBytes: number;
  policyBytes: number;
  laterRequests: number;
}> {
  await using cluster = await BenchCluster.create({ nodes: agents, pods });
  const { server } = cluster;
  await cluster.startAgents(agents);
  await until(() => server.watchCount === agents * 3);
  const start = { bytes: server.sentBytes, requests: server.served.length };
  for (let at = 0; at < churn; at++) {
    for (let node = 0; node < agents; node++) cluster.churn(node, `new-${node}-${at}`);
    await sleep(0);
  }
  await until(() => cluster.agents.every(({ podCount }) => podCount === pods));
  await sleep(200);
  const churned = server.sentBytes;
  const policy = { apiVersion: 'tsnctl.dev/v1alpha1', kind: 'TsnPolicy', metadata: { name: 'all' } };
  server.put({ ...policy, spec: { namespaceSelector: {}, priorities: [5] } });
  const follows = ({ decisions }: (typeof cluster.agents)[number]) =>
    [...decisions.values()].every(({ policy: { allow } }) => allow.length === 0);
  await until(() => cluster.agents.every(follows));
  const bookmarks = 0; // none in so short a time
  return {
    startBytes: start.bytes / agents,
    startRequests: start.requests / agents,
    podBytes: (churned - start.bytes) / agents / churn - bookmarks,
    policyBytes: (server.sentBytes - churned) / agents,
    // Grants go, so each agent tells a few pods: those are the only requests.
    laterRequests:
      server.served.slice(start.requests).filter(({ resource }) => resource !== 'events').length / agents,
  };
}

export const fleetParts: readonly BenchPart<FleetEffort>[] = [
  {
    title: 'what an agent takes of the API server, in a large fleet and in a small one',
    async run(effort): Promise<Figure[]> {
      const [small, large] = [await perAgent(FEW, effort), await perAgent(effort.agents, effort)];
      const beside = (
        name: string,
        unit: Figure['unit'],
        key: keyof typeof small,
        goal: number | null,
      ): Figure => {
        const [value, against] = [large[key], small[key]];
        const ratio = against === 0 ? null : Number((value / against).toFixed(3));
        return {
          ...measured(name, unit, value),
          against: Number(against.toFixed(3)),
          ratio,
          goal,
          met: goal === null || ratio === null ? null : ratio <= goal,
        };
      };
      return [
        beside('start/bytes', 'bytes', 'startBytes', 1.05),
        beside('start/requests', 'requests', 'startRequests', 1.05),
        beside('pod-comes-and-goes/bytes', 'bytes', 'podBytes', 1.05),
        beside('policy-changes/bytes', 'bytes', 'policyBytes', 1.05),
        measured('afterwards/requests', 'requests', large.laterRequests, 0),
      ];
    },
  },
];

/** A whole agent, as it is installed, that follows a cluster. */
export async function measureMemory(program: string, { pods, idleMs }: FleetEffort): Promise<Figure[]> {
  await using cluster = await BenchCluster.create({ nodes: 1, pods });
  await using bench = BenchNode.create(program);
  const at = ['--cluster', '--node-name', nodeName(0), '--kubeconfig', cluster.kubeconfig, '--no-chain'];
  await bench.start(...at, '--host-root', '/nonexistent');
  await until(() => cluster.server.watchCount >= 5);
  await sleep(idleMs);
  return [measured('memory/cluster', 'MB', bench.residentMb, 120)];
}
