import type { NotReady } from '../cni/handlers.ts';
import type { AgentHealth } from './agent-options.ts';
import type { MetricsView } from './metrics.ts';
import { type MetricsViewOptions, metricsView } from './metrics-view.ts';
import type { NodeChanges } from './node-changes.ts';
import type { NodeLook } from './node-look.ts';

export interface HealthOptions extends Pick<MetricsViewOptions, 'pods' | 'follower'> {
  readonly look: Pick<NodeLook, 'done' | 'underWayMs' | 'uplinks'>;
  readonly changes: Pick<NodeChanges, 'uplinks' | 'proxy'>;
}

/** A look that takes longer than this is one that hangs. */
const UNWELL_MS = 60_000;

/** How an agent is, for whoever asks it: the plugin, the kubelet, Prometheus. */
export class Health implements AgentHealth {
  readonly #options: HealthOptions;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  notReady(): NotReady | undefined {
    const { look, changes } = this.#options;
    if (!look.done) return { message: 'the node was not looked at yet', hint: 'in a moment' };
    if (changes.uplinks.length > 0) return undefined;
    return {
      message: 'no uplink is attached on this node: nothing would restore what pods send',
      hint: 'tsnctl agent --uplink IF, for the interface by which packets leave the node',
    };
  }

  notWell(): string | undefined {
    const forMs = this.#options.look.underWayMs ?? 0;
    return forMs > UNWELL_MS ? `a look at the node takes ${Math.round(forMs / 1_000)} s by now` : undefined;
  }

  get view(): MetricsView {
    const { look, ...options } = this.#options;
    return metricsView({
      ...options,
      ready: () => this.notReady() === undefined,
      uplinks: () => look.uplinks,
    });
  }
}
