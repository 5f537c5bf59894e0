import { redact, type Sysdump } from '@tsnctl/proxy';
import type { KubeClient } from '../client/kube-client.ts';
import { NAMESPACE } from '../names.ts';
import type { Metadata } from './fleet.ts';
import {
  type FleetSelection,
  INTERFACES,
  type Listed,
  NAMESPACES,
  NODES,
  POLICIES,
  readFleet,
  readList,
  STATES,
} from './read-fleet.ts';

const ofAgents = (plural: string, group = '/api/v1'): Listed => ({
  path: `${group}/namespaces/${NAMESPACE}/${plural}`,
  resource: group === '/api/v1' ? plural : `${plural}.${group.split('/')[2]}`,
});

const AGENTS = ofAgents('pods');

/** An object, as far as it says which node it is about. */
interface Item {
  readonly metadata: Metadata;
  readonly spec?: { readonly nodeName?: string };
  readonly regarding?: { readonly kind?: string; readonly name?: string };
}

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

/**
 * The objects that a report on a fleet, or on some of its nodes, needs, secrets left out; what may not be read is told,
 * the rest is there. @throws TsnctlError NO_NODE
 */
export async function readFleetDump(client: KubeClient, selection: FleetSelection = {}): Promise<Sysdump> {
  const nodes = await namesOf(client, selection);
  const isAsked = (node: string | undefined) =>
    nodes === undefined || (node !== undefined && nodes.has(node));
  const files: { path: string; text: string }[] = [];
  const leftOut: { path: string; why: string }[] = [];
  const attempt = async (path: string, read: () => Promise<string>) => {
    try {
      files.push({ path, text: redact(await read()) });
    } catch (error) {
      leftOut.push({ path, why: redact(error instanceof Error ? error.message : String(error)) });
    }
  };
  const agents = (await readList<Item>(client, AGENTS).catch(() => [])).filter(({ spec }) =>
    isAsked(spec?.nodeName),
  );
  const pods = new Set(agents.map(({ metadata }) => metadata.name));
  const about: Readonly<Record<string, (item: Item) => boolean>> = {
    'nodes.json': ({ metadata }) => isAsked(metadata.name),
    'tsnnodestates.json': ({ metadata }) => isAsked(metadata.name),
    'agents/pods.json': ({ spec }) => isAsked(spec?.nodeName),
    'agents/events.json': ({ regarding: { kind, name = '' } = {} }) =>
      nodes === undefined || kind !== 'Pod' || pods.has(name),
    'definitions.json': (item) => JSON.stringify(item).includes('"group":"tsnctl.dev"'),
  };
  for (const [path, list] of Object.entries(LISTS)) {
    const isWanted = about[path] ?? (() => true);
    await attempt(path, async () => jsonOf((await readList<Item>(client, list)).filter(isWanted)));
  }
  for (const { metadata } of agents.slice(0, MOST_LOGS)) {
    await attempt(`agents/${metadata.name}.log`, () =>
      client.text(`${AGENTS.path}/${metadata.name}/log`, { tailLines: LOG_LINES }),
    );
  }
  return { files, leftOut };
}

/** The nodes that are asked for; nothing where all are. */
async function namesOf(client: KubeClient, selection: FleetSelection): Promise<Set<string> | undefined> {
  if (selection.node === undefined && selection.selector === undefined) return undefined;
  const { nodes } = await readFleet(client, selection);
  return new Set(nodes.map(({ metadata }) => metadata.name));
}

function jsonOf(items: readonly unknown[]): string {
  return `${JSON.stringify(items, (key, value) => (LEFT_OUT.has(key) ? undefined : value), 1)}\n`;
}
