import { NAMESPACE } from '../names.ts';
import { labels } from './labels.ts';

/** The agent needs the host's network, its processes and its paths: `privileged`, in the words of the standards. */
export function namespace(): object {
  const level = 'privileged';
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: NAMESPACE,
      labels: {
        ...labels('namespace'),
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/audit': level,
        'pod-security.kubernetes.io/warn': level,
      },
    },
  };
}
