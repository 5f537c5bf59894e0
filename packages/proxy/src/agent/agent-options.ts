import type { NetNs } from '@tsnctl/linux';
import type { NotReady } from '../cni/handlers.ts';
import type { Mode, Via } from '../model.ts';
import type { IdentifyOptions } from './identify-pods.ts';
import type { Log } from './log.ts';
import type { AgentMetrics, MetricsView } from './metrics.ts';
import type { PolicySource, StateSink } from './policy-source.ts';
import type { WantedUplink } from './uplink-keeper.ts';

/** What may be other while the agent runs. */
export interface AgentSettings {
  /** Where to restore; found where none is named. */
  readonly uplinks?: readonly WantedUplink[];
  /** Besides these, or with another clock than was found. */
  readonly moreUplinks?: readonly WantedUplink[];
  readonly mode?: Mode;
  readonly via?: Via;
  /** Strip pods as they come, and give them what `source` says; on unless told. */
  readonly follow?: boolean;
  /** How often all is looked at again, whatever happens. */
  readonly everyMs?: number;
  /** How often programs are loaded anew. */
  readonly renewMs?: number;
}

export interface AgentOptions extends AgentSettings {
  /** The node's network namespace. */
  readonly node: NetNs;
  readonly socket?: string;
  readonly state?: string;
  readonly bpffs?: string;
  readonly log: Log;
  /** Who says what pods may send, besides their annotations; nobody unless told. */
  readonly source?: PolicySource;
  readonly sink?: StateSink;
  readonly metrics?: AgentMetrics;
  /** Where it is found out whose a pod is. */
  readonly identify?: IdentifyOptions;
  /** When no other agent can come in between any more, and nothing was done yet: to answer for health meanwhile. */
  readonly beforeFirstLook?: (health: AgentHealth) => Promise<void>;
}

/** What an agent says of itself, from before its first look on. */
export interface AgentHealth {
  /** Why no pod can be served just now, if so. */
  notReady(): NotReady | undefined;
  /** Why the agent itself is not well, if so. */
  notWell(): string | undefined;
  readonly view: MetricsView;
}
