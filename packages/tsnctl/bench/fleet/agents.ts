// Started by cluster.ts: the agents of many nodes in one process, their watch logic and the writer of states.
// Arguments: a kubeconfig, how fast time passes, names of nodes. Speaks by messages.
import {
  ClusterInterfaces,
  ClusterPolicies,
  KubeClient,
  NodeStateWriter,
  nodeStateStatus,
  PodEvents,
} from '@tsnctl/kubernetes';
import { NetNs } from '@tsnctl/linux';
import { URGENT_S, WRITE_S } from './load.ts';

export interface AgentsReport {
  readonly synced: number;
  readonly podCount: number;
  readonly heapMB: number;
  readonly rssMB: number;
}

const [kubeconfig = '', speed = '1', ...nodes] = process.argv.slice(2);
const log = (line: string) => process.stderr.write(`${line}\n`);
const netns = NetNs.current();
const client = await KubeClient.open({ kubeconfig });
const POLL_MS = 20;

const agents = nodes.map((node) => {
  const events = new PodEvents({ client, node, log });
  const source = new ClusterPolicies({ client, node, log, events });
  const interfaces = new ClusterInterfaces({
    onStates: () => writer.again(),
    onLooked: () => undefined,
    client,
    node,
    netns,
    tuneState: '/nonexistent',
    log,
    onUplinks: () => undefined,
  });
  const writer = new NodeStateWriter({
    client,
    node,
    nodeUid: () => interfaces.nodeUid,
    log,
    leastMs: (URGENT_S * 1_000) / Number(speed),
    podsMs: (WRITE_S.least * 1_000) / Number(speed),
    mostMs: (WRITE_S.most * 1_000) / Number(speed),
    describe: (state, former) =>
      nodeStateStatus(
        {
          state,
          snapshot: { observedAt: new Date().toISOString(), kernel: '6.18.0', uplinks: [], drift: [] },
          decisions: [...source.decisions.values()],
          podCount: source.podCount,
          interfaces: interfaces.states,
          nics: [],
          version: '0.1.0',
          mode: 'host',
        },
        former,
      ),
  });
  return { source, interfaces, writer, podCount: -1 };
});

const isSynced = ({ source, interfaces }: (typeof agents)[number]) => source.isSynced && interfaces.isSynced;

// On a node the kernel's events say that a pod has come or gone.
setInterval(() => {
  for (const agent of agents.filter(isSynced)) {
    const { podCount } = agent.source;
    if (podCount === agent.podCount) continue;
    agent.podCount = podCount;
    agent.writer.report({ ready: true, uplinks: ['eth1'], pods: [] });
  }
}, POLL_MS);

process.on('message', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const report: AgentsReport = {
    synced: agents.filter(isSynced).length,
    podCount: agents.reduce((sum, { source }) => sum + source.podCount, 0),
    heapMB: heapUsed / 1e6,
    rssMB: rss / 1e6,
  };
  process.send?.(report);
});
process.on('disconnect', () => process.exit(0));
