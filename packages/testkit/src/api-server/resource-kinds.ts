import type { Json } from './issue.ts';
import type { PrinterColumn } from './table.ts';

/** A resource that the server serves. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Writes to the object leave the status alone, and the other way round. */
  readonly hasStatus: boolean;
  /** Of a custom one. */
  readonly schema?: Json;
  readonly columns?: readonly PrinterColumn[];
  /** The version at which it was defined. */
  readonly since?: number;
}

const core = { group: '', version: 'v1' } as const;
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', hasStatus: false } as const;

export const builtIn: readonly ResourceKind[] = [
  { ...core, plural: 'namespaces', kind: 'Namespace', namespaced: false, hasStatus: true },
  { ...core, plural: 'nodes', kind: 'Node', namespaced: false, hasStatus: true },
  { ...core, plural: 'pods', kind: 'Pod', namespaced: true, hasStatus: true },
  { ...core, plural: 'configmaps', kind: 'ConfigMap', namespaced: true, hasStatus: false },
  { ...core, plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true, hasStatus: false },
  {
    group: 'apps',
    version: 'v1',
    plural: 'daemonsets',
    kind: 'DaemonSet',
    namespaced: true,
    hasStatus: true,
  },
  { ...rbac, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false },
  { ...rbac, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false },
  {
    group: 'events.k8s.io',
    version: 'v1',
    plural: 'events',
    kind: 'Event',
    namespaced: true,
    hasStatus: false,
  },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
    hasStatus: true,
  },
];

/** What a CustomResourceDefinition adds. */
export function customKind(definition: Json): ResourceKind {
  const { group, names, scope, versions } = definition.spec as {
    group: string;
    names: { kind: string; plural: string };
    scope: string;
    versions: {
      name: string;
      schema: { openAPIV3Schema: Json };
      subresources?: { status?: object };
      additionalPrinterColumns?: PrinterColumn[];
    }[];
  };
  const [version] = versions;
  if (!version) throw new Error('a definition without a version');
  return {
    group,
    version: version.name,
    plural: names.plural,
    kind: names.kind,
    namespaced: scope === 'Namespaced',
    hasStatus: version.subresources?.status !== undefined,
    schema: version.schema.openAPIV3Schema,
    columns: version.additionalPrinterColumns ?? [],
  };
}

/** `v1`, `apps/v1` */
export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === '' ? version : `${group}/${version}`;
}
