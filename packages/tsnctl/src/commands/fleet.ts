import { setTimeout as sleep } from 'node:timers/promises';
import { TsnctlError } from '@tsnctl/codec';
import type { Fleet, KubeClient } from '@tsnctl/kubernetes';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import { painter } from '../render/colour.ts';
import { renderFleetFindings, renderFleetNodes, renderFleetStatus } from '../render/fleet.ts';
import { type OutputFormat, printResult } from '../render/output.ts';
import { type KubeFlags, kubeTarget, withKubeTarget } from './kube-target.ts';

export interface FleetFlags extends KubeFlags {
  cluster?: boolean;
  node?: string;
  selector?: string;
  namespace?: string;
}

interface FleetOptions extends FleetFlags {
  wait?: number;
  output: OutputFormat;
}

type Finish = (code: Exit) => void;

const POLL_MS = 500;

/** As a plugin of kubectl, a command is about the cluster without being told. */
export function clusterOption(what: string): Option {
  return new Option('--cluster', what).env('TSNCTL_CLUSTER');
}

/** What makes a command look at all nodes of a cluster. */
export function withFleet(command: Command): Command {
  return withKubeTarget(
    command
      .addOption(clusterOption('all nodes of a cluster, side by side, as their agents say'))
      .option('--node <name>', 'this node of the cluster alone')
      .option('-l, --selector <labels>', 'nodes with these labels: role=line')
      .option('-n, --namespace <name>', 'pods of this namespace alone'),
  );
}

/** Every node in a line; 3 where one is not ready. */
export async function fleetStatus(
  { wait = 0, output, ...flags }: FleetOptions,
  finish: Finish,
): Promise<void> {
  const { nodeVerdict, readFleet } = await import('@tsnctl/kubernetes');
  const client = await open(flags);
  const until = performance.now() + wait;
  const isWell = ({ nodes }: Fleet) => nodes.every((node) => nodeVerdict(node, new Date()).ready);
  let fleet = await readFleet(client, flags);
  while (!isWell(fleet) && performance.now() < until) {
    await sleep(POLL_MS);
    fleet = await readFleet(client, flags);
  }
  requireNodes(fleet, flags);
  const now = new Date();
  const rows = fleet.nodes.map((node) => ({ ...node, ...nodeVerdict(node, now) }));
  const { server, agents } = fleet;
  await printResult(output, { server, agents, nodes: rows }, (wide) =>
    renderFleetStatus(fleet, rows, { wide, now, paint: painter(process.stdout) }),
  );
  if (!isWell(fleet)) finish(Exit.drift);
}

/** Every node with its uplinks, pods and drift. */
export async function fleetInspect({ output, ...flags }: FleetOptions, finish: Finish): Promise<void> {
  const { readFleet } = await import('@tsnctl/kubernetes');
  const fleet = await readFleet(await open(flags), flags);
  requireNodes(fleet, flags);
  await printResult(output, fleet, (wide) =>
    renderFleetNodes(fleet, { wide, paint: painter(process.stdout) }),
  );
  if (fleet.nodes.some(({ state }) => !state || state.drift.length > 0)) finish(Exit.drift);
}

/** What is amiss in the cluster; 3 where something is wrong. */
export async function fleetDoctor({ output, ...flags }: FleetOptions, finish: Finish): Promise<void> {
  const { judgeFleet, readFleet } = await import('@tsnctl/kubernetes');
  const fleet = await readFleet(await open(flags), flags);
  requireNodes(fleet, flags);
  const findings = judgeFleet(fleet, new Date());
  await printResult(output, { server: fleet.server, findings }, () =>
    renderFleetFindings(findings, fleet.nodes.length, painter(process.stdout)),
  );
  if (findings.some(({ severity }) => severity === 'error')) finish(Exit.drift);
}

export async function open(flags: KubeFlags): Promise<KubeClient> {
  const { KubeClient } = await import('@tsnctl/kubernetes');
  return await KubeClient.open(kubeTarget(flags));
}

function requireNodes({ nodes, server }: Fleet, { node, selector }: FleetFlags): void {
  if (nodes.length > 0) return;
  const which = node === undefined ? (selector === undefined ? '' : ` with labels ${selector}`) : ` ${node}`;
  throw new TsnctlError('NO_NODE', `the cluster at ${server} has no node${which}`, {
    hint: 'kubectl get nodes',
  });
}
