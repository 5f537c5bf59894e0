import type { JudgedFleet, SeenState } from '@tsnctl/kubernetes';

export const NOW = '2026-11-29T12:00:00Z';

/** A TsnNodeState of a node that is well, but for this. */
export function state(name: string, status: object = {}, observedAt = NOW): SeenState & object {
  return {
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnNodeState',
    metadata: { name },
    status: {
      observedAt,
      version: '0.1.0',
      kernel: '6.12.1',
      mode: 'host',
      uplinks: [{ name: 'eth1', driver: 'igc', clock: 'tai', qdisc: 'taprio' }],
      interfaces: [],
      podCount: 12,
      carriedPodCount: 1,
      pods: [podState(`camera-${name}`)],
      drift: [],
      conditions: [condition('Ready', 'True', 'AsWanted', 'all is as wanted')],
      ...status,
    },
  } as SeenState;
}

export function podState(name: string, rest: object = {}) {
  return { namespace: 'plant', name, uid: `uid-${name}`, priorities: '3', policies: ['cameras'], ...rest };
}

export function condition(type: string, status: 'True' | 'False', reason: string, message: string) {
  return { type, status, reason, message, lastTransitionTime: NOW };
}

export const drift = {
  code: 'restorer-missing',
  interface: 'eth1',
  message: 'eth1 has no restorer',
  cause: 'somebody has detached it',
};

/** Two nodes that are well, a policy that grants, an interface that is in force; but for this. */
export function fleet(patch: Partial<JudgedFleet> = {}): JudgedFleet {
  const named = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, labels } });
  return {
    nodes: [named('node-1', { zone: 'line1' }), named('node-2')],
    states: [state('node-1'), state('node-2')],
    policies: [
      {
        apiVersion: 'tsnctl.dev/v1alpha1',
        kind: 'TsnPolicy',
        metadata: { name: 'cameras' },
        spec: { namespaceSelector: {}, priorities: [3] },
      },
    ],
    interfaces: [
      {
        apiVersion: 'tsnctl.dev/v1alpha1',
        kind: 'TsnInterface',
        metadata: { name: 'line' },
        spec: { nodeSelector: {}, match: { name: 'eth1' }, clock: 'auto' },
      },
    ],
    namespaces: [named('plant', { 'kubernetes.io/metadata.name': 'plant' })],
    isWhole: true,
    nowMs: Date.parse(NOW),
    ...patch,
  };
}
