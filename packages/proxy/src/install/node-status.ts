import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { hasCapability, isErrno, NetNs } from '@tsnctl/linux';
import { findRuntime } from '../chain/find-runtime.ts';
import { readConfDir } from '../chain/read-conf-dir.ts';
import { viewChain } from '../chain/view-chain.ts';
import type { Config } from '../config/schema.ts';
import { describeStep } from '../describe.ts';
import { readAgent } from '../doctor/read/agent.ts';
import { present } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import { installStepText } from './describe-install.ts';
import { desiredNode } from './desired-node.ts';
import type { InstallPaths } from './model.ts';
import { NodeInstall } from './node-install.ts';
import { lookAt } from './path-files.ts';
import { currentOf, installPaths, treeOf, UNIT } from './paths.ts';
import type { NodePlace } from './place.ts';
import { systemdRuns, unitIsActive } from './systemd.ts';
import { interruptedPlan } from './unfinished.ts';

/** A node in short. */
export interface NodeStatus {
  /** The version that is used; null where nothing is installed. */
  readonly installed: string | null;
  readonly agent: {
    readonly state: 'ready' | 'not ready' | 'stopped' | 'unknown';
    readonly unit: 'active' | 'inactive' | 'none';
    readonly detail: string;
  };
  readonly chain: { readonly directory: string; readonly file: string | null; readonly place: string } | null;
  /** Null where it could not be seen. */
  readonly uplinks: readonly { readonly name: string; readonly clock: string }[] | null;
  readonly pods: { readonly carried: number; readonly stripped: number } | null;
  /** What is not as it shall be. */
  readonly drift: readonly string[];
  /** What could not be seen, and why. */
  readonly unseen: readonly string[];
}

/** Look, change nothing. Without root's rights what cannot be seen is said. */
export async function nodeStatus(place: NodePlace): Promise<NodeStatus> {
  const paths = installPaths();
  const unseen: string[] = [];
  const see = <T>(what: string, look: () => T, otherwise: T): T => {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof TsnctlError) && !isErrno(error, 'EACCES', 'EPERM')) throw error;
      unseen.push(`${what}: ${error instanceof Error ? error.message : error}`);
      return otherwise;
    }
  };
  const installed = installedVersion(place.root, paths) ?? null;
  const desired =
    installed === null ? undefined : see('what is wanted', () => wanted(place, installed), undefined);
  const drift = desired ? see('files', () => fileDrift(place, desired), []) : [];
  const settings = desired?.settings;
  const socket = settings?.socket ?? paths.socket;
  const plane = see<DataPlane | undefined>('the data plane', () => dataPlane(place), undefined);
  return {
    installed,
    agent: await agentStatus(place, join(place.root, socket), settings),
    chain: see('the chain', () => chainStatus(place, desired), null),
    uplinks: plane?.uplinks ?? null,
    pods: plane?.pods ?? null,
    drift: [...drift, ...(plane?.drift ?? [])],
    unseen,
  };
}

/** Whether a node does all that it was installed for. */
export function isWell({ installed, agent, drift }: NodeStatus): boolean {
  return installed !== null && agent.state === 'ready' && drift.length === 0;
}

type Wanted = ReturnType<typeof desiredNode>;

/** What the installed version itself would install here. */
function wanted({ root }: NodePlace, version: string): Wanted {
  return desiredNode({
    root,
    bundle: join(root, treeOf(installPaths(), version)),
    node: 'keep',
    config: { text: '{}', file: 'the default' },
    readyTimeoutMs: 0,
  });
}

function fileDrift(place: NodePlace, desired: Wanted): string[] {
  const chains = desired.chain ? [desired.chain.directory] : [];
  const node = new NodeInstall({ place: { root: place.root }, paths: desired.paths, chains });
  const { steps } = node.planInstall(desired);
  const journal = node.readJournal();
  const interrupted = journal && interruptedPlan(journal);
  const halfway = interrupted ? [`the last ${interrupted.verb} was interrupted: the same again`] : [];
  return [
    ...halfway,
    ...steps.filter((step) => 'path' in step).map((step) => `to do: ${installStepText(step)}`),
  ];
}

interface DataPlane {
  readonly uplinks: readonly { readonly name: string; readonly clock: string }[];
  readonly pods: { readonly carried: number; readonly stripped: number };
  readonly drift: readonly string[];
}

const NOTHING: DataPlane = { uplinks: [], pods: { carried: 0, stripped: 0 }, drift: [] };

function dataPlane({ netns, bpffs }: NodePlace): DataPlane | undefined {
  if (netns === undefined) return undefined; // a tree of files has none
  if (!hasCapability('SYS_ADMIN')) throw new TsnctlError('EPERM', "root's rights are needed to see it");
  using proxy = new MetadataProxy(netns, bpffs === undefined ? {} : { bpffs });
  if (proxy.pins.tableIds() === undefined) return NOTHING;
  const observed = proxy.observe();
  const nameOf = (ifindex: number) =>
    observed.interfaces.find((it) => it.ifindex === ifindex)?.name ?? `interface ${ifindex}`;
  const count = (roles: readonly string[]) =>
    observed.attachments.filter(({ role }) => roles.includes(role)).length;
  return {
    uplinks: observed.uplinks.map(({ ifindex, clock, stacked }) => ({
      name: nameOf(ifindex),
      clock: stacked ? 'left to the device below' : clock,
    })),
    pods: { carried: count(['saver', 'gate']), stripped: count(['strip']) },
    drift: proxy.plan(present).map((step) => `to do: ${describeStep(step).text}`),
  };
}

/** What the configuration says, or as far as that is hidden, what the runtime has. */
function chainStatus({ root }: NodePlace, desired: Wanted | undefined): NodeStatus['chain'] {
  if (desired && !desired.chain) return null;
  const found = desired ? undefined : findRuntime({ root });
  const directory = desired?.chain?.directory ?? found?.confDir ?? '';
  const runtime = desired?.chain?.runtime ?? { name: found?.name ?? 'containerd', dropIns: true };
  const { file = null, place } = viewChain(readConfDir(join(root, directory)), runtime);
  return { directory, file, place };
}

async function agentStatus(
  { root, netns }: NodePlace,
  socket: string,
  settings: Config | undefined,
): Promise<NodeStatus['agent']> {
  const unit = !systemdRuns(root) ? 'none' : unitIsActive(UNIT) ? 'active' : 'inactive';
  const fact = await readAgent(socket);
  const health = await readiness(netns, settings?.http ?? 'off');
  if (health !== undefined) return { ...health, unit };
  if ('unseen' in fact) return { state: 'unknown', unit, detail: `${socket}: ${fact.unseen}` };
  if (fact.seen === 'answers') return { state: 'ready', unit, detail: `listens on ${socket}` };
  return { state: 'stopped', unit, detail: `nobody listens on ${socket}` };
}

const PATIENCE_MS = 2_000;

/** What /readyz says; undefined where nobody answers there, as the agent may be told to serve no HTTP. */
async function readiness(netns: NetNs | undefined, http: Config['http']) {
  if (http === 'off' || netns === undefined || !isOurs(netns)) return undefined;
  const address = http.address === '0.0.0.0' || http.address === '::' ? '127.0.0.1' : http.address;
  const host = address.includes(':') ? `[${address}]` : address;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`http://${host}:${http.port}/readyz`, { signal });
    const [line = ''] = (await answer.text()).split('\n');
    return answer.ok
      ? ({ state: 'ready', detail: `/readyz on port ${http.port}` } as const)
      : ({ state: 'not ready', detail: line } as const);
  } catch {
    return undefined;
  }
}

/** Only in the namespace that this process is in. */
function isOurs({ cookie }: NetNs): boolean {
  using own = NetNs.current();
  return own.cookie === cookie;
}

/** The version that `current` points to. */
export function installedVersion(root: string, paths: InstallPaths): string | undefined {
  const state = lookAt(join(root, currentOf(paths)));
  return state.kind === 'link' ? state.target : undefined;
}
