import { interfacesOf } from '../interfaces-of.ts';
import { findDrift } from './drift.ts';
import { hookSnapshots } from './hooks.ts';
import type { NodeObservations } from './observations.ts';
import { podSnapshots } from './pods.ts';
import type { NodeSnapshot } from './schema.ts';
import { uplinkSnapshots } from './uplinks.ts';

/** A node as plain data: what is attached where, each pod, each uplink, and what is not as wanted. Pure. */
export function inspectNode(node: NodeObservations): NodeSnapshot {
  const { observedAt, kernel, netns, observed, unseen } = node;
  return {
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'NodeSnapshot',
    observedAt: observedAt.toISOString(),
    kernel,
    netns: { name: netns.name, cookie: `${netns.cookie}` },
    via: observed?.attachments[0]?.via ?? null,
    hooks: hookSnapshots(node),
    pods: podSnapshots(node, interfacesOf(node.links, node.qdiscs)),
    uplinks: uplinkSnapshots(node),
    drift: findDrift(node),
    unseen: [...unseen],
  };
}
