import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetNode } from '@tsnctl/kubernetes';
import { Exit } from '../../exit.ts';
import { type Paint, painter } from '../../render/colour.ts';
import { type OutputFormat, printResult } from '../../render/output.ts';
import { openCluster, selectionOf } from './open.ts';
import type { ClusterOptions } from './options.ts';

interface LookOptions extends ClusterOptions {
  wait?: number;
  output: OutputFormat;
}

const POLL_MS = 500;

type Finish = (code: Exit) => void;
type Render = (nodes: readonly FleetNode[], options: { wide: boolean; paint: Paint }) => string;

/** `tsnctl status --cluster` */
export async function statusOfCluster(options: LookOptions, finish: Finish): Promise<void> {
  const { renderFleetStatus } = await import('../../render/fleet/status.ts');
  await look(options, renderFleetStatus, finish);
}

/** `tsnctl inspect --cluster` */
export async function inspectCluster(options: LookOptions, finish: Finish): Promise<void> {
  const { renderFleet } = await import('../../render/fleet/inspect.ts');
  await look(options, renderFleet, finish);
}

async function look(options: LookOptions, render: Render, finish: Finish): Promise<void> {
  const { fleetNodes, inNamespace, isFleetWell, readFleet } = await import('@tsnctl/kubernetes');
  const { output, namespace, wait = 0 } = options;
  const client = await openCluster(options);
  const read = async () => fleetNodes(await readFleet(client, selectionOf(options)), Date.now());
  const until = performance.now() + wait;
  let all = await read();
  while (!isFleetWell(all) && performance.now() < until) {
    await sleep(POLL_MS);
    all = await read();
  }
  const nodes = namespace === undefined ? all : inNamespace(all, namespace);
  const paint = painter(process.stdout);
  await printResult(output, { nodes }, (wide) => render(nodes, { wide, paint }));
  if (!isFleetWell(nodes)) finish(Exit.drift);
}
