import type { Policy } from '../policy.ts';

/** What is known of a pod's interface when its policy is asked for. */
export interface PodInterface {
  readonly ifindex: number;
  /** The host side's name. */
  readonly name: string;
  /** Names of its network namespace, as in `ip netns`. */
  readonly netns?: readonly string[];
  /** In Kubernetes; a part of it may be unknown. */
  readonly pod?: { readonly namespace?: string; readonly name?: string; readonly uid?: string };
  readonly containers?: readonly string[];
  /** All that can be known is: what is missing above is not there. */
  readonly identified: boolean;
}

export interface PodPolicy {
  readonly policy: Policy;
  /** Who says so, for the log: `policy cameras`. */
  readonly by: string;
  /** What the pod asked for and does not get, where the source looks at that itself. */
  readonly withheld?: readonly string[];
}

/** Who says what pods may send: the configuration on a node, the API server in a cluster. */
export interface PolicySource {
  /** Undefined: none, or none before the pod is identified. Answers from memory, at once. */
  policyFor(pod: PodInterface): PodPolicy | undefined;
  /** Some policy goes by more than the interface's name: it is worth while to find out whose it is. */
  readonly needsIdentity: boolean;
  /** False: nothing is known yet, so what pods have stays as it is. True where it is not said. */
  readonly isSynced?: boolean;
  /** Called when answers may be other ones than before. */
  subscribe(listener: () => void): Disposable;
}

/** What a node says of itself. */
export interface NodeState {
  readonly ready: boolean;
  /** Why not. */
  readonly reason?: string;
  readonly uplinks: readonly string[];
  readonly pods: readonly CarriedPod[];
}

/** A pod's interface that has a policy. */
export interface CarriedPod extends Omit<PodInterface, 'identified'> {
  readonly policy: Policy;
  readonly by: string;
}

/** Who is told what a node is like, each time that it was looked at. It must not throw. */
export interface StateSink {
  report(state: NodeState): void;
}
