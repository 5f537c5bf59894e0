import { customResourceDefinition } from '../crd/custom-resource.ts';
import { resources } from '../crd/resources.ts';
import { configMap } from './config-map.ts';
import { type DaemonSetOptions, daemonSet } from './daemon-set.ts';
import { namespace } from './namespace.ts';
import { clusterRole, clusterRoleBinding, serviceAccount } from './rbac.ts';

export interface ManifestOptions extends DaemonSetOptions {
  /** The text of the agents' configuration; the default one without it. */
  readonly config?: string;
}

/** An object of the API, as far as everybody has to know it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** All that a cluster gets, in the order in which one needs the other. Pure. */
export function manifests(options: ManifestOptions): readonly Manifest[] {
  return [
    namespace(),
    ...resources.map(customResourceDefinition),
    serviceAccount(),
    clusterRole(),
    clusterRoleBinding(),
    configMap(options.config),
    daemonSet(options),
  ] as Manifest[];
}
