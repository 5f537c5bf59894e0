import { TABLES } from '../pins.ts';
import { Tables } from '../tables.ts';
import type { Follower } from './follower.ts';
import type { MetricsView } from './metrics.ts';
import type { NodeChanges } from './node-changes.ts';
import type { PodTable } from './pod-table.ts';

export interface MetricsViewOptions {
  readonly ready: () => boolean;
  readonly pods: Pick<PodTable, 'size'>;
  readonly follower: Pick<Follower, 'carried'>;
  readonly changes: Pick<NodeChanges, 'proxy'>;
  /** As of the last look. */
  readonly uplinks: () => readonly { readonly ifindex: number; readonly name: string }[];
}

/** What an agent shows to its metrics, looked up as they are asked for. */
export function metricsView({ ready, pods, follower, changes, uplinks }: MetricsViewOptions): MetricsView {
  return {
    ready,
    podInterfaces: () => pods.size,
    carried: () => follower.carried(),
    uplinks,
    counters: (action) => {
      const { pins } = changes.proxy;
      if (Tables.pinned(pins).length < TABLES.length) return action(() => undefined);
      using tables = new Tables(pins);
      action((kind, ifindex) => tables.counters(kind, ifindex));
    },
  };
}
