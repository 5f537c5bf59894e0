import type { TsnInterface } from '../crd/tsn-interface.ts';
import type { TsnNodeStateStatus } from '../crd/tsn-node-state.ts';
import type { TsnPolicy } from '../crd/tsn-policy.ts';

/** metav1.ObjectMeta, as far as a fleet is judged by it. */
export interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  /** Who wrote what when, by the clock of the API server. */
  readonly managedFields?: readonly {
    readonly manager?: string;
    readonly subresource?: string;
    readonly time?: string;
  }[];
}

export interface SeenNode {
  readonly metadata: Metadata;
}

/**
 * A TsnNodeState as it is found. A fleet has agents of several versions: what an older one does not say is not there,
 * and what a newer one says besides is passed over.
 */
export interface SeenState {
  readonly metadata: Metadata;
  readonly status?: Partial<TsnNodeStateStatus>;
}

/** What a cluster says of its nodes and of ours. */
export interface Fleet {
  readonly nodes: readonly SeenNode[];
  readonly states: readonly SeenState[];
}

/** The same, and what is wanted of it. */
export interface JudgedFleet extends Fleet {
  readonly policies: readonly TsnPolicy[];
  readonly interfaces: readonly TsnInterface[];
  readonly namespaces: readonly { readonly metadata: Metadata }[];
  /** Whether all nodes are in it; a part of them does not tell whether a policy grants to nobody. */
  readonly isWhole: boolean;
  /** Now, by the clock of who looks. */
  readonly nowMs: number;
}
