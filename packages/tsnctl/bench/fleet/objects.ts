import { randomUUID } from 'node:crypto';

// Objects as large as they are in a cluster: with what kubelets and the API server add to them.

const ASKING = 10; // of a node's pods

export function benchNode(name: string): object {
  const images = Array.from({ length: 50 }, (_, at) => ({
    names: [
      `registry.example/team/image-${at}@sha256:${'0'.repeat(64)}`,
      `registry.example/team/image-${at}:1.0`,
    ],
    sizeBytes: 100_000_000 + at,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name } },
    status: { images },
  };
}

export function benchNamespace(at: number): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `team-${at}`, labels: { team: `${at}` } } };
}

export function benchPolicy(at: number): object {
  return {
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnPolicy',
    metadata: { name: `policy-${at}` },
    spec: {
      namespaceSelector: { matchLabels: { team: `${at}` } },
      priorities: [3, 5, 6],
      launchTime: { horizon: '20ms' },
    },
  };
}

export function benchInterface(at: number): object {
  return {
    apiVersion: 'tsnctl.dev/v1alpha1',
    kind: 'TsnInterface',
    metadata: { name: `interface-${at}` },
    spec: { nodeSelector: { matchLabels: { line: `${at}` } }, match: { name: 'eth1' } },
  };
}

/** A pod of a node; every eleventh asks for priorities. */
export function benchPod(node: string, at: number, stage = 'Running'): object {
  const name = `app-${at}`;
  const asks = at % Math.round(110 / ASKING) === 0 && { 'tsnctl.dev/priorities': '3,5' };
  const env = Array.from({ length: 20 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `value of setting ${index}`,
  }));
  const owned = {
    'f:metadata': { 'f:annotations': {}, 'f:labels': {} },
    'f:spec': { 'f:containers': {}, note: 'x'.repeat(900) },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: `team-${at % 5}`,
      labels: { app: 'app', 'pod-template-hash': randomUUID().slice(0, 8) },
      annotations: { ...asks, 'example.dev/checksum': randomUUID() },
      managedFields: ['controller', 'kubelet'].map((manager) => ({
        manager,
        operation: 'Update',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: owned,
      })),
    },
    spec: {
      nodeName: node,
      containers: [{ name: 'app', image: `registry.example/app@sha256:${'0'.repeat(64)}`, env }],
    },
    status: { phase: stage === 'Running' || stage === 'Ready' ? 'Running' : 'Pending', message: stage },
  };
}

/** What happens to a pod between its first and its last event. */
export const STAGES = ['Creating', 'Running', 'Ready', 'Terminating', 'Ended'] as const;
