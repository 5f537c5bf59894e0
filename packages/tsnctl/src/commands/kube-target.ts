import type { KubeTarget } from '@tsnctl/kubernetes';
import type { Command } from 'commander';

export interface KubeFlags {
  kubeconfig?: string;
  context?: string;
}

/** Which cluster a command is about. */
export function withKubeTarget(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'which cluster, with --cluster (default: KUBECONFIG, ~/.kube/config, or the one of this pod)',
    )
    .option('--context <name>', 'which context of the kubeconfig');
}

export function kubeTarget({ kubeconfig, context }: KubeFlags): KubeTarget {
  return {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
}
