import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { DISTRIBUTIONS } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import type { ClusterLink } from '@tsnctl/kubernetes';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { abilities, type Log, TUNE_STATE, type UplinkClock } from '@tsnctl/proxy';
import type { Config } from '@tsnctl/proxy/config';
import { version } from '../version.ts';
import { type KubeFlags, kubeTarget } from './kube-target.ts';
import { ownBundle } from './own-bundle.ts';

export interface ClusterFlags extends KubeFlags {
  cluster?: boolean;
  clean?: boolean;
  nodeName?: string;
  hostRoot?: string;
  bundle?: string;
}

export interface JoinOptions {
  readonly flags: ClusterFlags;
  readonly config: Config;
  readonly node: NetNs;
  readonly log: Log;
  readonly onUplinks: (uplinks: readonly { readonly name: string; readonly clock?: UplinkClock }[]) => void;
}

/** What the cluster says of this node, followed from now on. @throws TsnctlError NO_NODE_NAME, NO_CLUSTER */
export async function joinCluster({
  flags,
  config,
  node,
  log,
  onUplinks,
}: JoinOptions): Promise<ClusterLink> {
  const { nodeName: name, hostRoot = '/' } = flags;
  if (!name) {
    throw new TsnctlError('NO_NODE_NAME', 'it is not said which node of the cluster this is', {
      hint: 'NODE_NAME from spec.nodeName in the pod, as deploy.yaml has it; or --node-name NAME',
    });
  }
  if (config.policies.length > 0) {
    log('policies of the configuration do not hold in a cluster: TsnPolicies do', { level: 'warn' });
  }
  const { ClusterLink, KubeClient } = await import('@tsnctl/kubernetes');
  const client = await KubeClient.open(kubeTarget(flags));
  log(`cluster: node ${name}, by ${client.server}`);
  const own = () =>
    config.pods.mode === 'auto' ? (abilities().hostMode ? 'host' : 'pod') : config.pods.mode;
  return new ClusterLink({
    client,
    node: name,
    netns: node,
    version: version(),
    mode: own,
    log,
    bpffs: config.bpffs,
    state: config.state,
    tuneState: join(hostRoot, TUNE_STATE),
    onUplinks,
  });
}

/** Our plugin on the node, before its chain names it: an agent in a pod brings it along. */
export async function placePlugin(
  { hostRoot = '/', bundle }: ClusterFlags,
  config: Config,
  log: Log,
): Promise<void> {
  if (config.chain === 'never') return;
  const { desiredNode, installStepText, NodeInstall } = await import('@tsnctl/proxy/install');
  const desired = {
    ...desiredNode({
      root: hostRoot,
      bundle: bundle ?? ownBundle(),
      node: 'keep',
      config: { text: 'chain: auto\n', file: 'the default' },
      unit: false,
      readyTimeoutMs: 0,
    }),
    pluginOnly: true,
  };
  const install = new NodeInstall({ place: { root: hostRoot }, paths: desired.paths, chains: [] });
  const { steps } = await install.install('install', desired);
  for (const step of steps) log(`node: ${installStepText(step)}`);
}

/** Everything off this node: what TsnInterfaces have tuned, chain, plugin, programs, journal. */
export async function cleanNode(flags: ClusterFlags, config: Config, node: NetNs, log: Log): Promise<void> {
  const { hostRoot = '/' } = flags;
  const { describeTuneStep, findRuntime, undoOwned } = await import('@tsnctl/proxy');
  const state = join(hostRoot, TUNE_STATE);
  for (const undone of undoOwned(node, { state, bpffs: config.bpffs })) {
    if ('error' in undone) throw undone.error;
    const { nic, tuned } = undone;
    for (const step of tuned.steps) log(`node: ${describeTuneStep(step, nic).text}`);
  }
  removeIfEmpty(state);
  const { installPaths, installStepText, NodeInstall } = await import('@tsnctl/proxy/install');
  const install = new NodeInstall({
    place: { root: hostRoot, runRoot: '/', netns: node, bpffs: config.bpffs },
    paths: installPaths(findRuntime({ root: hostRoot }).binDirs[0]),
    chains: [...new Set(DISTRIBUTIONS.map(({ confDir }) => confDir))],
  });
  const { steps } = await install.uninstall();
  for (const step of steps) log(`node: ${installStepText(step)}`);
  log('nothing of tsnctl is left on this node but this process');
}

/** What a person has tuned is remembered there still. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
