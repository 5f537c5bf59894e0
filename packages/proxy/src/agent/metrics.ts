import type { Counters } from '../tables.ts';
import { type PacketRow, packetMetric } from './packet-metrics.ts';
import type { CarriedPod } from './policy-source.ts';

/** What the metrics read when somebody asks for them. */
export interface MetricsView {
  readonly ready: () => boolean;
  readonly podInterfaces: () => number;
  readonly carried: () => readonly CarriedPod[];
  readonly uplinks: () => readonly { readonly ifindex: number; readonly name: string }[];
  /** Lets `action` read what the programs have counted for interfaces. */
  readonly counters: (action: (read: ReadCounters) => void) => void;
}

export type ReadCounters = (kind: 'pod' | 'uplink', ifindex: number) => Counters | undefined;

/** What the agent counts as it goes. */
export interface AgentMetrics {
  attached(seconds: number): void;
  /** Steps that were carried out. */
  steps(kinds: readonly string[]): void;
  /** Steps of a look at everything that mended what had been right. */
  drift(kinds: readonly string[]): void;
  planFailed(code: string): void;
  eventsLost(): void;
  checked(seconds: number): void;
  configReloaded(result: 'taken' | 'refused'): void;
  cniAnswered(command: string, code: number): void;
  renewed(): void;
  /** In Prometheus' text format. */
  expose(view: MetricsView): Promise<{ type: string; text: string }>;
}

const PREFIX = 'tsnctl_';
const CNI_COMMANDS = new Set(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION']);
/** tcx makes a link in one grace period, 10 to 14 ms. */
const ATTACH_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Loads prom-client: for a process that serves metrics. Labels are bounded by what is on the node. */
export async function createMetrics(build: Readonly<Record<string, string>>): Promise<AgentMetrics> {
  const { Counter, Gauge, Histogram, Registry } = (await import('prom-client')).default; // CommonJS, also bundled
  const registers = [new Registry()];
  const [registry] = registers as [InstanceType<typeof Registry>];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers });

  gauge('build_info', 'What runs here.', ...Object.keys(build)).set(build, 1);
  const ready = gauge('agent_ready', '1 where the node was looked at and an uplink is attached.');
  const podInterfaces = gauge('pod_interfaces', 'Host sides of pods on this node.');
  const carried = gauge('pods_with_policy', 'Host sides of pods that have a policy.');
  const uplinks = gauge('uplink_info', 'An interface that restores.', 'interface');
  const attach = new Histogram({
    name: `${PREFIX}attach_seconds`,
    help: "From hearing of a pod's interface until it was attached.",
    buckets: ATTACH_BUCKETS,
    registers,
  });
  const steps = counter('steps_total', 'Changes of the node that were carried out.', 'step');
  const drift = counter('drift_total', 'What was found to be not as it had been left, and mended.', 'step');
  const failures = counter('plan_failures_total', 'Changes that were refused or failed.', 'code');
  const lost = counter('events_lost_total', 'How often the kernel told more than was read in time.');
  const lastCheck = gauge(
    'last_full_check_timestamp_seconds',
    'When everything was looked at last, since 1970.',
  );
  const checkSeconds = gauge('last_full_check_seconds', 'How long that took.');
  const reloads = counter('config_reloads_total', 'New texts of the configuration.', 'result');
  const cni = counter(
    'cni_requests_total',
    'Requests of the CNI plugin; code 0 is success.',
    'command',
    'code',
  );
  const renewals = counter('program_renewals_total', 'How often programs were loaded anew.');
  const cpu = counter('process_cpu_seconds_total', 'CPU time of the agent.', 'mode');
  const memory = gauge('process_resident_memory_bytes', 'Resident memory of the agent.');
  for (const result of ['taken', 'refused']) reloads.inc({ result }, 0);

  const look = (view: MetricsView) => {
    ready.set(view.ready() ? 1 : 0);
    podInterfaces.set(view.podInterfaces());
    carried.set(view.carried().length);
    uplinks.reset();
    for (const { name } of view.uplinks()) uplinks.set({ interface: name }, 1);
    const { user, system } = process.cpuUsage();
    cpu.reset();
    cpu.inc({ mode: 'user' }, user / 1e6);
    cpu.inc({ mode: 'system' }, system / 1e6);
    memory.set(process.memoryUsage.rss());
  };
  const count = (metric: InstanceType<typeof Counter>) => (kinds: readonly string[]) => {
    for (const step of kinds) metric.inc({ step });
  };
  return {
    attached: (seconds) => attach.observe(seconds),
    steps: count(steps),
    drift: count(drift),
    planFailed: (code) => failures.inc({ code }),
    eventsLost: () => lost.inc(),
    checked: (seconds) => {
      lastCheck.set(Date.now() / 1_000);
      checkSeconds.set(seconds);
    },
    configReloaded: (result) => reloads.inc({ result }),
    cniAnswered: (command, code) =>
      cni.inc({ command: CNI_COMMANDS.has(command) ? command : 'other', code: `${code}` }),
    renewed: () => renewals.inc(),
    expose: async (view) => {
      look(view);
      return { type: registry.contentType, text: `${await registry.metrics()}\n${packets(view)}` };
    },
  };
}

/** prom-client would keep each of these numbers, and take ten times as long to write them. */
function packets(view: MetricsView): string {
  const pods: PacketRow[] = [];
  const uplinks: PacketRow[] = [];
  view.counters((read) => {
    for (const { ifindex, name, pod } of view.carried()) {
      const labels = { namespace: pod?.namespace ?? '', pod: pod?.name ?? '', interface: name };
      pods.push({ labels, counters: read('pod', ifindex) ?? {} });
    }
    for (const { ifindex, name } of view.uplinks()) {
      uplinks.push({ labels: { interface: name }, counters: read('uplink', ifindex) ?? {} });
    }
  });
  return [
    packetMetric({
      name: `${PREFIX}pod_packets_total`,
      help: 'Packets of a pod with a policy, by what was done with them.',
      rows: pods,
    }),
    packetMetric({
      name: `${PREFIX}uplink_packets_total`,
      help: 'Packets at an uplink, by what was done with them.',
      rows: uplinks,
    }),
  ].join('\n');
}
