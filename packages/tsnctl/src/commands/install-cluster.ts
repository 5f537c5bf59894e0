import { renderClusterSteps } from '../render/cluster-steps.ts';
import { type OutputFormat, printResult } from '../render/output.ts';
import { version } from '../version.ts';
import { openCluster } from './cluster/open.ts';
import type { KubeFlags } from './kube-target.ts';
import { readInput } from './read-input.ts';

export interface ClusterInstallFlags extends KubeFlags {
  cluster?: boolean;
  image?: string;
  config?: string;
  confDir?: string;
  binDir?: string;
  dryRun?: boolean;
  output: OutputFormat;
}

const CLEAN_MS = 120_000;

/** All objects of a cluster, as deploy.yaml has them; `waitMs` until the agents are ready, where it is given. */
export async function installCluster(flags: ClusterInstallFlags, waitMs: number | undefined): Promise<void> {
  const { ClusterInstall, DEFAULT_DIRECTORIES, IMAGE, manifests, releaseOf } = await import(
    '@tsnctl/kubernetes'
  );
  const {
    image = `${IMAGE}:${releaseOf(version())}`,
    config,
    confDir,
    binDir,
    dryRun = false,
    output,
  } = flags;
  const directories = {
    ...DEFAULT_DIRECTORIES,
    ...(confDir !== undefined && { confDir }),
    ...(binDir !== undefined && { binDir }),
  };
  const wanted = manifests({
    image,
    version: version(),
    directories,
    ...(config !== undefined && { config: await readChecked(config) }),
  });
  const cluster = new ClusterInstall(await openCluster(flags), wanted);
  const steps = dryRun ? await cluster.plan() : await cluster.install();
  await printResult(output, { dryRun, image, steps }, (wide) => renderClusterSteps(steps, { dryRun, wide }));
  if (dryRun) return;
  if (waitMs === undefined) process.stderr.write('next: tsnctl status --cluster --wait\n');
  else await cluster.waitReady(waitMs);
}

/** The nodes first, then all objects. */
export async function uninstallCluster(flags: ClusterInstallFlags, waitMs: number = CLEAN_MS): Promise<void> {
  const { ClusterInstall, IMAGE, manifests } = await import('@tsnctl/kubernetes');
  const { dryRun = false, output } = flags;
  const cluster = new ClusterInstall(
    await openCluster(flags),
    manifests({ image: IMAGE, version: version() }),
  );
  const steps = dryRun ? await cluster.planUninstall() : await cluster.uninstall(waitMs);
  await printResult(output, { dryRun, steps }, (wide) => renderClusterSteps(steps, { dryRun, wide }));
}

/** What no agent would take is not given to all of them. */
async function readChecked(file: string): Promise<string> {
  const { parseConfig } = await import('@tsnctl/proxy/config');
  const text = readInput(file);
  parseConfig(text, file);
  return text;
}
