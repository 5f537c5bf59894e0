import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { manifests } from '@tsnctl/kubernetes';
import { ApiServer } from '@tsnctl/testkit/api-server';
import type { AgentsReport } from './agents.ts';
import type { WireCosts } from './load.ts';
import { benchInterface, benchNamespace, benchNode, benchPod, benchPolicy, STAGES } from './objects.ts';

export interface SimulationEffort {
  readonly nodes: number;
  readonly podsPerNode: number;
  /** Lives of pods in all, and how much faster than in TARGET time passes. */
  readonly lives: number;
  readonly livesPerS: number;
  readonly speed: number;
  readonly namespaces: number;
  readonly policies: number;
  readonly interfaces: number;
}

/** What was counted, of one agent on the average. */
export interface Simulated extends Omit<WireCosts, 'eventsPerPodLife'> {
  readonly startRequests: number;
  readonly startBytes: number;
  readonly eventsPerLife: number;
  readonly bytesPerLife: number;
  readonly writesPerS: number;
  readonly heapMB: number;
}

const agentsProgram = fileURLToPath(new URL('./agents.ts', import.meta.url));
const PATIENCE_MS = 120_000;

/** So many agents beside an API server of this machine, over loopback: they start, then pods come and go. */
export async function simulate(effort: SimulationEffort, signal: AbortSignal): Promise<Simulated> {
  const { nodes: count, podsPerNode, livesPerS, lives, speed } = effort;
  const nodes = Array.from({ length: count }, (_, at) => `node-${at}`);
  await using server = await ApiServer.start({ objects: [...objectsOf(effort, nodes)] });
  server.bookmarkMs = 3_600_000; // these are counted by arithmetic
  const alone = await withAgents(server, [], speed, (agents) => ask(agents));
  server.served.length = 0;
  server.sentBytes = 0;
  return await withAgents(server, nodes, speed, async (agents) => {
    await settled(agents, (report) => report.synced === count, signal);
    await until(
      () =>
        server.list('tsnctl.dev/v1alpha1', 'TsnNodeState').filter(({ status }) => status).length === count,
      signal,
    );
    const reads = server.served.filter(({ verb }) => verb === 'list').length + server.watchCount;
    const startBytes = server.sentBytes;
    const { heapMB } = await ask(agents);
    await sleep((60_000 / speed) * 1.5, undefined, { signal }); // the first writes are over

    const before = { events: server.sentEvents, served: server.served.length };
    const began = performance.now();
    const bytes = await churn(server, nodes, { podsPerNode, lives, livesPerS }, signal);
    await settled(agents, (report) => report.podCount === count * podsPerNode, signal);
    const seconds = (performance.now() - began) / 1_000;
    const events = server.sentEvents - before.events;
    const writes = server.served
      .slice(before.served)
      .filter(({ resource }) => resource === 'tsnnodestates/status').length;
    const size = (apiVersion: string, kind: string, name: string, namespace?: string) =>
      JSON.stringify(server.get(apiVersion, kind, name, namespace)).length;
    return {
      startRequests: reads / count,
      startBytes: startBytes / count,
      eventsPerLife: events / lives,
      bytesPerLife: bytes / lives,
      writesPerS: writes / seconds / count,
      heapMB: (heapMB - alone.heapMB) / count,
      podBytes: bytes / events,
      nodeBytes: size('v1', 'Node', 'node-0'),
      namespaceBytes: size('v1', 'Namespace', 'team-0'),
      policyBytes: size('tsnctl.dev/v1alpha1', 'TsnPolicy', 'policy-0'),
      interfaceBytes: size('tsnctl.dev/v1alpha1', 'TsnInterface', 'interface-0'),
      stateBytes: size('tsnctl.dev/v1alpha1', 'TsnNodeState', 'node-0'),
    };
  });
}

function* objectsOf(
  { podsPerNode, namespaces, policies, interfaces }: SimulationEffort,
  nodes: readonly string[],
): Generator<object> {
  yield* manifests({ image: 'x', version: '1' }).filter(({ kind }) => kind === 'CustomResourceDefinition');
  for (let at = 0; at < namespaces; at++) yield benchNamespace(at);
  for (let at = 0; at < policies; at++) yield benchPolicy(at);
  for (let at = 0; at < interfaces; at++) yield benchInterface(at);
  for (const [index, node] of nodes.entries()) {
    yield benchNode(node);
    for (let at = 0; at < podsPerNode; at++) yield benchPod(node, index * podsPerNode + at);
  }
}

/** Pods end on some node while others begin on another, at random times; bytes of the events that this made. */
async function churn(
  server: ApiServer,
  nodes: readonly string[],
  { podsPerNode, lives, livesPerS }: Pick<SimulationEffort, 'podsPerNode' | 'lives' | 'livesPerS'>,
  signal: AbortSignal,
): Promise<number> {
  let answered = 0;
  const living = Array.from({ length: nodes.length * podsPerNode }, (_, at) => at);
  let next = living.length;
  const nodeOf = new Map(living.map((at) => [at, nodes[Math.floor(at / podsPerNode)] ?? '']));
  for (let life = 0; life < lives; life++) {
    const begun = next++;
    const ended = living.splice(Math.floor(Math.random() * living.length), 1)[0] ?? 0;
    const node = nodes[Math.floor(Math.random() * nodes.length)] ?? '';
    living.push(begun);
    nodeOf.set(begun, node);
    const before = server.sentBytes;
    server.put(benchPod(node, begun, 'Bound'));
    for (const stage of STAGES.slice(0, 3)) server.put(benchPod(node, begun, stage));
    for (const stage of STAGES.slice(3)) server.put(benchPod(nodeOf.get(ended) ?? '', ended, stage));
    server.delete('v1', 'Pod', `app-${ended}`, `team-${ended % 5}`);
    answered += server.sentBytes - before; // all of it is written within these calls
    await sleep((-Math.log(1 - Math.random()) / livesPerS) * 1_000, undefined, { signal });
  }
  return answered;
}

async function withAgents<T>(
  server: ApiServer,
  nodes: readonly string[],
  speed: number,
  use: (agents: ChildProcess) => Promise<T>,
): Promise<T> {
  const agents = fork(agentsProgram, [server.kubeconfig(), `${speed}`, ...nodes], {
    execArgv: ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', '--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    return await use(agents);
  } finally {
    const ended = agents.exitCode === null ? once(agents, 'exit') : undefined;
    agents.kill('SIGKILL');
    await ended;
  }
}

async function ask(agents: ChildProcess): Promise<AgentsReport> {
  const answer = Promise.race([
    once(agents, 'message'),
    once(agents, 'exit').then(([code]) => {
      throw new Error(`the agents' process ended with ${code}`);
    }),
  ]);
  agents.send({});
  const [report] = await answer;
  return report as AgentsReport;
}

async function settled(
  agents: ChildProcess,
  is: (report: AgentsReport) => boolean,
  signal: AbortSignal,
): Promise<void> {
  await until(async () => is(await ask(agents)), signal);
}

async function until(is: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await is())) {
    if (performance.now() > end) throw new Error('the agents did not settle');
    await sleep(100, undefined, { signal });
  }
}
