import type { NetNs } from '@tsnctl/linux';
import {
  inspectNode,
  type Log,
  observeNode,
  type PolicySource,
  type StateSink,
  type UplinkClock,
} from '@tsnctl/proxy';
import type { KubeClient } from '../client/kube-client.ts';
import { ClusterInterfaces } from './cluster-interfaces.ts';
import { ClusterPolicies } from './cluster-policies.ts';
import { nodeStateStatus } from './node-state.ts';
import { NodeStateWriter } from './node-state-writer.ts';
import { PodEvents } from './pod-events.ts';
import { readNics } from './read-nics.ts';
import { staleInterfaces } from './stale-interfaces.ts';
import { stalePolicies } from './stale-policies.ts';
import { StatusWriter } from './status-writer.ts';

export interface ClusterLinkOptions {
  readonly client: KubeClient;
  /** This node's name in the cluster. */
  readonly node: string;
  readonly netns: NetNs;
  readonly version: string;
  readonly mode: () => 'host' | 'pod';
  readonly log: Log;
  /** What of the node is elsewhere than usual. */
  readonly bpffs?: string;
  readonly state?: string;
  readonly tuneState: string;
  /** Interfaces that TsnInterfaces make uplinks. */
  readonly onUplinks: (uplinks: readonly { readonly name: string; readonly clock?: UplinkClock }[]) => void;
  /** How often is written, for tests: in a cluster rarely. */
  readonly writes?: {
    readonly leastMs?: number;
    readonly podsMs?: number;
    readonly mostMs?: number;
    readonly withinMs?: number;
  };
}

/** What ties the agent of a node to its cluster: who may send what, what interfaces shall be, and what became of it. */
export class ClusterLink implements Disposable {
  readonly source: PolicySource & ClusterPolicies;
  readonly sink: StateSink;
  readonly interfaces: ClusterInterfaces;
  readonly #resources = new DisposableStack();

  constructor(options: ClusterLinkOptions) {
    const {
      client,
      node,
      netns,
      version,
      mode,
      log,
      bpffs,
      state,
      tuneState,
      onUplinks,
      writes = {},
    } = options;
    const events = this.#resources.use(new PodEvents({ client, node, log }));
    const now = () => new Date().toISOString();
    const policyStatuses = this.#resources.use(
      new StatusWriter({
        ...{ client, log, ...writes },
        plural: 'tsnpolicies',
        stale: () => stalePolicies(this.source.objects, now()),
      }),
    );
    const interfaceStatuses = this.#resources.use(
      new StatusWriter({
        ...{ client, log, ...writes },
        plural: 'tsninterfaces',
        stale: () => {
          const { objects, states } = this.interfaces;
          return staleInterfaces({ objects, states, node, now: now() });
        },
      }),
    );
    this.source = this.#resources.use(
      new ClusterPolicies({ client, node, log, events, onPolicies: () => policyStatuses.look() }),
    );
    this.interfaces = this.#resources.use(
      new ClusterInterfaces({
        client,
        node,
        netns,
        tuneState,
        ...(bpffs !== undefined && { bpffs }),
        log,
        onUplinks,
        onStates: () => writer.again(),
        onLooked: () => interfaceStatuses.look(),
      }),
    );
    const writer = this.#resources.use(
      new NodeStateWriter({
        client,
        node,
        nodeUid: () => this.interfaces.nodeUid,
        log,
        ...writes,
        describe: (seen, former) => {
          const { source, interfaces } = this;
          const looked = observeNode({
            netns,
            ...(bpffs !== undefined && { bpffs }),
            ...(state !== undefined && { state }),
          });
          return nodeStateStatus(
            {
              state: seen,
              snapshot: inspectNode(looked),
              decisions: [...source.decisions.values()],
              podCount: source.podCount,
              interfaces: interfaces.states,
              nics: readNics(netns),
              version,
              mode: mode(),
            },
            former,
          );
        },
      }),
    );
    this.sink = {
      report: (seen) => {
        this.interfaces.reconcile(); // what somebody has changed by hand is put back
        writer.report(seen);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
