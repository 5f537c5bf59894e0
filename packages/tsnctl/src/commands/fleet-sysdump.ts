import type { Sysdump } from '@tsnctl/proxy';
import { stringify } from 'yaml';
import { plain } from '../render/colour.ts';
import { renderFleetFindings, renderFleetNodes, renderFleetStatus } from '../render/fleet.ts';
import { version } from '../version.ts';
import { type FleetFlags, open } from './fleet.ts';

/** Of each agent's log: the end. */
const LOG_LINES = '2000';
const MOST_LOGS = 50;

/** What a bug report about a cluster needs: our objects, what the agents say, the end of their logs. */
export async function fleetSysdump(flags: FleetFlags): Promise<Sysdump> {
  const { customPath, judgeFleet, NAMESPACE, nodeVerdict, readFleet } = await import('@tsnctl/kubernetes');
  const { redact } = await import('@tsnctl/proxy');
  const client = await open(flags);
  const fleet = await readFleet(client, flags);
  const now = new Date();
  const rows = fleet.nodes.map((node) => ({ ...node, ...nodeVerdict(node, now) }));
  const files = [
    { path: 'version.txt', text: `tsnctl ${version()}\n${client.server}\n` },
    { path: 'status.txt', text: renderFleetStatus(fleet, rows, { wide: true, now, paint: plain }) },
    { path: 'inspect.txt', text: renderFleetNodes(fleet, { wide: true, paint: plain }) },
    { path: 'doctor.txt', text: renderFleetFindings(judgeFleet(fleet, now), fleet.nodes.length) },
  ];
  const leftOut: { path: string; why: string }[] = [];
  const own = `/namespaces/${NAMESPACE}`;
  const lists = {
    'tsnpolicies.yaml': customPath('tsnpolicies'),
    'tsninterfaces.yaml': customPath('tsninterfaces'),
    'tsnnodestates.yaml': customPath('tsnnodestates'),
    'daemonsets.yaml': `/apis/apps/v1${own}/daemonsets`,
    'configmaps.yaml': `/api/v1${own}/configmaps`,
    'pods.yaml': `/api/v1${own}/pods`,
    'events.yaml': `/apis/events.k8s.io/v1${own}/events`,
  };
  const attempt = async (path: string, read: () => Promise<string>) => {
    try {
      files.push({ path, text: redact(await read()) });
    } catch (error) {
      leftOut.push({ path, why: (error as Error).message });
    }
  };
  for (const [path, from] of Object.entries(lists)) {
    await attempt(path, async () => stringify(await client.list(from)));
  }
  const pods = await client
    .list<{ metadata: { name: string } }>(`/api/v1${own}/pods`)
    .catch(() => ({ items: [] }));
  for (const { metadata } of pods.items.slice(0, MOST_LOGS)) {
    const path = `/api/v1${own}/pods/${metadata.name}/log`;
    await attempt(`logs/${metadata.name}.log`, () => client.text(path, { tailLines: LOG_LINES }));
  }
  return { files, leftOut };
}
