import type { ClusterShape, WireCosts } from './load.ts';

/** What docs/scale.md counts for. */
export const TARGET: ClusterShape = {
  nodes: 5_000,
  podsPerNode: 110,
  askingPerNode: 10,
  churnPerS: 100,
  namespaces: 1_000,
  editsPerS: 0.1,
  policies: 50,
  interfaces: 20,
};

/** The same churn of a node in smaller clusters: what an agent is told stays what it is. */
export const SHAPES: readonly ClusterShape[] = [100, 1_000, 5_000].map((nodes) => ({
  ...TARGET,
  nodes,
  churnPerS: (TARGET.churnPerS * nodes) / TARGET.nodes,
}));

/** Bytes of the objects of the simulation, as `npm run bench:fleet` prints them; its objects are as large as usual ones. */
export const COSTS: WireCosts = {
  eventsPerPodLife: 7,
  podBytes: 3_800,
  nodeBytes: 9_100,
  namespaceBytes: 300,
  policyBytes: 330,
  interfaceBytes: 310,
  stateBytes: 2_970,
};
