import { NAME, NAMESPACE } from '../names.ts';
import { labels } from './labels.ts';

/** A file of the agent's configuration in its ConfigMap. */
export const CONFIG_KEY = 'config.yaml';

/**
 * What all agents do. The address for metrics is each node's own and comes by a flag: under hostNetwork, 0.0.0.0
 * would offer them on every network of the node, and 127.0.0.1 to nobody who scrapes.
 */
export function configMap(text: string = DEFAULT_CONFIG): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace: NAMESPACE, labels: labels('agent') },
    data: { [CONFIG_KEY]: text },
  };
}

const DEFAULT_CONFIG = `# Every agent takes up a change by itself, within a minute or two. docs/configuration.md has all keys.
chain: auto
log:
  format: json
`;
