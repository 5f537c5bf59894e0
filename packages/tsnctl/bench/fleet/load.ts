/** How large a cluster is, and how much happens in it. */
export interface ClusterShape {
  readonly nodes: number;
  readonly podsPerNode: number;
  /** Of these, pods that ask for priorities. */
  readonly askingPerNode: number;
  /** Pods that end, and as many that begin, in a second, in the whole cluster. */
  readonly churnPerS: number;
  readonly namespaces: number;
  /** Namespaces, TsnPolicies and TsnInterfaces that somebody changes in a second: each agent hears of each. */
  readonly editsPerS: number;
  readonly policies: number;
  readonly interfaces: number;
}

/** What one object is on the wire, in JSON, and how often the API tells of it. */
export interface WireCosts {
  /** From the scheduler's binding to the end: each change of a pod's status is an event. */
  readonly eventsPerPodLife: number;
  readonly podBytes: number;
  readonly nodeBytes: number;
  readonly namespaceBytes: number;
  readonly policyBytes: number;
  readonly interfaceBytes: number;
  readonly stateBytes: number;
}

/** What one agent costs the API server, and the cluster's agents all together. */
export interface Load {
  /** When an agent starts: lists and watches. */
  readonly startRequests: number;
  readonly startBytes: number;
  /** Then: watches that are renewed, and writes. */
  readonly requestsPerS: number;
  readonly eventsPerS: number;
  readonly bytesPerS: number;
  readonly writesPerS: number;
  readonly writtenBytesPerS: number;
}

/** pods and its node, of this node alone; namespaces, policies and interfaces, of the cluster. */
export const WATCHES = 5;
/** The agent ends each watch after 300 to 600 s: client/follow.ts. */
const WATCH_S = 450;
/** The API server sends one a minute for each watch. */
const BOOKMARK_S = 60;
const BOOKMARK_BYTES = 250;
/** A kubelet reports its node's status when it changes, and every 5 minutes: nodeStatusReportFrequency. */
const NODE_EVENTS_PER_S = 1 / 300;
/** Between two writes of a state: at least where pods have come or gone, and at most: agent/node-state-writer.ts. */
export const WRITE_S = { least: 60, most: 300 } as const;
/** And at least where something else is new. */
export const URGENT_S = 10;
/** A TsnInterface that is in force is said to be so once an hour, by one node: agent/stale-interfaces.ts. */
const RENEWED_S = 3_600;

/** Of one agent. Pure. */
export function agentLoad(shape: ClusterShape, costs: WireCosts): Load {
  const { nodes, podsPerNode, askingPerNode, churnPerS, namespaces, policies, interfaces, editsPerS } = shape;
  const churnOfNode = churnPerS / nodes;
  const podEventsPerS = churnOfNode * costs.eventsPerPodLife;
  const bookmarksPerS = WATCHES / BOOKMARK_S;
  const clusterBytes =
    namespaces * costs.namespaceBytes + policies * costs.policyBytes + interfaces * costs.interfaceBytes;
  const clusterObjects = Math.max(namespaces + policies + interfaces, 1);
  const perS = writesPerS(2 * churnOfNode * (askingPerNode / podsPerNode));
  const renewalsPerS = interfaces / RENEWED_S;
  return {
    startRequests: 2 * WATCHES,
    startBytes: podsPerNode * costs.podBytes + costs.nodeBytes + clusterBytes,
    requestsPerS: WATCHES / WATCH_S + perS,
    eventsPerS: podEventsPerS + NODE_EVENTS_PER_S + editsPerS + renewalsPerS + bookmarksPerS,
    bytesPerS:
      podEventsPerS * costs.podBytes +
      NODE_EVENTS_PER_S * costs.nodeBytes +
      editsPerS * (clusterBytes / clusterObjects) +
      renewalsPerS * costs.interfaceBytes +
      bookmarksPerS * BOOKMARK_BYTES,
    writesPerS: perS,
    writtenBytesPerS: perS * costs.stateBytes,
  };
}

/** Of all agents: each but those in `start...`, which is of all that start at once, times the nodes. Pure. */
export function clusterLoad(shape: ClusterShape, costs: WireCosts): Load {
  const one = agentLoad(shape, costs);
  return Object.fromEntries(
    Object.entries(one).map(([key, value]) => [key, value * shape.nodes]),
  ) as unknown as Load;
}

/**
 * How often a state is written that changes at random so many times a second. After a write nothing is written for
 * `least`; what came meanwhile is written then. Otherwise the next change is waited for, until `most` at the latest:
 * the mean interval is least + e^(-least*l) * (1 - e^(-(most-least)*l)) / l. Pure.
 */
export function writesPerS(
  changesPerS: number,
  { least, most }: { least: number; most: number } = WRITE_S,
): number {
  if (changesPerS <= 0) return 1 / most;
  const waited = (1 - Math.exp(-(most - least) * changesPerS)) / changesPerS;
  return 1 / (least + Math.exp(-least * changesPerS) * waited);
}
