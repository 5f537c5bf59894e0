import { builtIn } from './resource-kinds.ts';
import type { Store, Stored } from './store.ts';

/** What somebody may do: rules as a ClusterRole has them. */
export interface Rights {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

export interface ServiceAccount {
  readonly name: string;
  readonly namespace: string;
}

interface Binding extends Stored {
  readonly roleRef: { readonly name: string };
  readonly subjects?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  }[];
}

const [roles, bindings] = ['clusterroles', 'clusterrolebindings'].map((plural) =>
  builtIn.filter((kind) => kind.plural === plural),
);

/** The ClusterRoles that are bound to a service account. */
export function rightsOf({ name, namespace }: ServiceAccount, store: Store): readonly Rights[] {
  const bound = (bindings ?? []).flatMap((kind) => store.list(kind) as Binding[]);
  const names = bound
    .filter(({ subjects = [] }) =>
      subjects.some((it) => it.kind === 'ServiceAccount' && it.name === name && it.namespace === namespace),
    )
    .map(({ roleRef }) => roleRef.name);
  const all = (roles ?? []).flatMap((kind) => store.list(kind) as unknown as (Stored & Rights)[]);
  return all.filter(({ metadata }) => names.includes(metadata.name));
}

export function isAllowed(
  rights: readonly Rights[],
  { group, resource, verb }: { group: string; resource: string; verb: string },
): boolean {
  return rights.some(({ rules }) =>
    rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
    ),
  );
}
