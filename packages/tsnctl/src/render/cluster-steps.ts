import type { ClusterStep } from '@tsnctl/kubernetes';

/** Steps of an install of a cluster, or of its way back. */
export function renderClusterSteps(
  steps: readonly ClusterStep[],
  { dryRun, wide }: { dryRun: boolean; wide: boolean },
): string {
  if (steps.length === 0) return 'nothing to do: all is as wanted\n';
  const lines = steps.map(({ do: what, kind, name, namespace, command }, at) => {
    const text = `${String(at + 1).padStart(2)}. ${WORDS[what]} ${kind} ${namespace === null ? '' : `${namespace}/`}${name}\n`;
    return wide || dryRun ? `${text}      ${command}\n` : text;
  });
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return `${count} ${dryRun ? 'would be taken' : 'done'}:\n${lines.join('')}`;
}

const WORDS: Readonly<Record<ClusterStep['do'], string>> = {
  create: 'create',
  update: 'change',
  'clean-nodes': 'let the agents clean their nodes:',
  delete: 'delete',
};
