import type { FleetSelection, KubeClient } from '@tsnctl/kubernetes';
import { type KubeFlags, kubeTarget } from '../kube-target.ts';
import type { ClusterOptions } from './options.ts';

/** The cluster that the options name. @throws TsnctlError NO_CLUSTER */
export async function openCluster(options: KubeFlags): Promise<KubeClient> {
  const { KubeClient } = await import('@tsnctl/kubernetes');
  return await KubeClient.open(kubeTarget(options));
}

/** Which nodes of it. */
export function selectionOf({ selector, node }: ClusterOptions): FleetSelection {
  return { ...(selector !== undefined && { selector }), ...(node !== undefined && { node }) };
}
