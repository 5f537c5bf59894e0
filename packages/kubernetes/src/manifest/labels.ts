import { NAME, releaseOf } from '../names.ts';

/** Of every object of ours: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export function labels(component: string, version?: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': NAME,
    'app.kubernetes.io/part-of': NAME,
    'app.kubernetes.io/component': component,
    ...(version !== undefined && { 'app.kubernetes.io/version': releaseOf(version) }),
  };
}

/** What the DaemonSet's selector goes by: never changed, as a selector cannot be. */
export const agentSelector = {
  'app.kubernetes.io/name': NAME,
  'app.kubernetes.io/component': 'agent',
} as const;
