import { redact, type Sysdump } from '@tsnctl/proxy';
import type { KubeClient } from '../client/kube-client.ts';
import { NAMESPACE } from '../names.ts';
import type { SeenNode } from './fleet.ts';
import { INTERFACES, type Listed, NAMESPACES, NODES, POLICIES, readList, STATES } from './read-fleet.ts';

const ofAgents = (plural: string, group = '/api/v1'): Listed => ({
  path: `${group}/namespaces/${NAMESPACE}/${plural}`,
  resource: group === '/api/v1' ? plural : `${plural}.${group.split('/')[2]}`,
});

const AGENTS = ofAgents('pods');

/** Each file, and the list that it holds. */
const LISTS: Readonly<Record<string, Listed>> = {
  'nodes.json': NODES,
  'namespaces.json': NAMESPACES,
  'tsnnodestates.json': STATES,
  'tsnpolicies.json': POLICIES,
  'tsninterfaces.json': INTERFACES,
  'agents/daemonsets.json': ofAgents('daemonsets', '/apis/apps/v1'),
  'agents/pods.json': AGENTS,
  'agents/events.json': ofAgents('events', '/apis/events.k8s.io/v1'),
  'agents/configmaps.json': ofAgents('configmaps'),
  'definitions.json': {
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    resource: 'customresourcedefinitions.apiextensions.k8s.io',
  },
};

/** Objects in short: without what the API server keeps for itself, and a node's images. */
const LEFT_OUT = new Set(['managedFields', 'images', 'kubectl.kubernetes.io/last-applied-configuration']);

/** Of each agent's log the end; of so many agents. */
const LOG_LINES = '2000';
const MOST_LOGS = 50;

/** The objects that a report on a fleet needs, secrets left out; what may not be read is told, the rest is there. */
export async function readFleetDump(client: KubeClient): Promise<Sysdump> {
  const files: { path: string; text: string }[] = [];
  const leftOut: { path: string; why: string }[] = [];
  const attempt = async (path: string, read: () => Promise<string>) => {
    try {
      files.push({ path, text: redact(await read()) });
    } catch (error) {
      leftOut.push({ path, why: redact(error instanceof Error ? error.message : String(error)) });
    }
  };
  for (const [path, list] of Object.entries(LISTS)) {
    await attempt(path, async () =>
      jsonOf((await readList(client, list)).filter((item) => isOurs(path, item))),
    );
  }
  const agents = await readList<SeenNode>(client, AGENTS).catch(() => []);
  for (const { metadata } of agents.slice(0, MOST_LOGS)) {
    await attempt(`agents/${metadata.name}.log`, () =>
      client.text(`${AGENTS.path}/${metadata.name}/log`, { tailLines: LOG_LINES }),
    );
  }
  return { files, leftOut };
}

/** Of all definitions, those of our kinds. */
function isOurs(path: string, item: unknown): boolean {
  return path !== 'definitions.json' || JSON.stringify(item).includes('"group":"tsnctl.dev"');
}

function jsonOf(items: readonly unknown[]): string {
  return `${JSON.stringify(items, (key, value) => (LEFT_OUT.has(key) ? undefined : value), 1)}\n`;
}
