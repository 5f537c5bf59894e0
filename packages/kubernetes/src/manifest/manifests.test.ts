import { checkPublished } from '@tsnctl/testkit/api-server';
import { describe, expect, it } from 'vitest';
import { daemonSet } from './daemon-set.ts';
import { manifests } from './manifests.ts';

const options = { image: 'example.org/tsnctl:1', version: '1' };
const all = manifests(options);

describe('every object', () => {
  it.each(all.map((object) => [`${object.kind} ${object.metadata.name}`, object]))(
    '%s is as the published schema has it, without a field that is not in it',
    (_, object) => expect(checkPublished(object)).toEqual([]),
  );

  it('has the common labels', () => {
    for (const { metadata } of all as readonly { metadata: { labels?: Record<string, string> } }[]) {
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'tsnctl',
        'app.kubernetes.io/part-of': 'tsnctl',
      });
    }
  });

  it('comes after what it needs', () => {
    expect(all.map(({ kind }) => kind)).toEqual([
      'Namespace',
      'CustomResourceDefinition',
      'CustomResourceDefinition',
      'CustomResourceDefinition',
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'DaemonSet',
    ]);
  });
});

it('a misspelt field is seen, at any depth', () => {
  const wrong = structuredClone(daemonSet(options)) as {
    spec: { template: { spec: { hostNetwrok?: boolean; containers: Record<string, unknown>[] } } };
  };
  wrong.spec.template.spec.hostNetwrok = true;
  Object.assign(wrong.spec.template.spec.containers[0] ?? {}, {
    livenessProb: {},
    name: undefined,
    imagePullPolicy: 3,
  });
  expect(checkPublished(wrong)).toEqual([
    { path: 'spec.template.spec.containers[0].name', message: 'Required value' },
    {
      path: 'spec.template.spec.containers[0].imagePullPolicy',
      message: 'Invalid value: 3: must be of type string',
    },
    { path: 'spec.template.spec.containers[0].livenessProb', message: 'unknown field', unknown: true },
    { path: 'spec.template.spec.hostNetwrok', message: 'unknown field', unknown: true },
  ]);
});

describe('the agent', () => {
  const { spec } = (
    daemonSet(options) as { spec: { selector: object; template: { metadata: object; spec: PodSpec } } }
  ).spec.template;
  const [container] = spec.containers;

  it('is not privileged, and writes to nothing but its mounts', () => {
    expect(container?.securityContext).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('stays when a node is short of something, and goes where others may not', () => {
    expect(spec).toMatchObject({
      priorityClassName: 'system-node-critical',
      hostNetwork: true,
      hostPID: true,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [
        { effect: 'NoSchedule', operator: 'Exists' },
        { effect: 'NoExecute', operator: 'Exists' },
      ],
    });
  });

  it('is asked how it is, has its share of a node, and is renewed on a part of the nodes at a time', () => {
    const probe = (path: string) => ({ httpGet: { path, port: 'metrics' } });
    expect(container).toMatchObject({
      startupProbe: probe('/healthz'),
      livenessProbe: probe('/healthz'),
      readinessProbe: probe('/readyz'),
      resources: { requests: { memory: '120Mi' }, limits: { memory: '256Mi' } },
    });
    expect(daemonSet(options)).toMatchObject({
      spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } } },
    });
  });

  it('sees what is mounted on the node later', () => {
    const paths = container?.volumeMounts.filter(({ name }) => name !== 'config') ?? [];
    expect(paths.every(({ mountPropagation }) => mountPropagation === 'HostToContainer')).toBe(true);
    const volumes = spec.volumes.map(({ name }) => name);
    expect(container?.volumeMounts.map(({ name }) => name)).toEqual(volumes);
    expect(new Set(volumes).size).toBe(volumes.length);
  });
});

interface PodSpec {
  containers: {
    securityContext: object;
    volumeMounts: { name: string; mountPath: string; mountPropagation?: string }[];
  }[];
  volumes: { name: string }[];
}
