import { NAME, NAMESPACE } from '../names.ts';
import { capabilities } from './capabilities.ts';
import { CONFIG_KEY } from './config-map.ts';
import { agentSelector, labels } from './labels.ts';
import { HOST, type Mount, mounts, type RuntimeDirectories } from './mounts.ts';

export interface AgentImage {
  /** By digest, where there is one: `registry/tsnctl@sha256:...` */
  readonly image: string;
  readonly version: string;
}

export interface DaemonSetOptions extends AgentImage {
  readonly directories?: RuntimeDirectories;
  /** Take everything off the nodes instead of serving them: what `uninstall --cluster` does before it removes this. */
  readonly clean?: boolean;
}

const HTTP_PORT = 9410;
const CONFIG_DIRECTORY = '/etc/tsnctl';
/** Nodes that are updated at a time: what is attached stays attached meanwhile, so this costs no packet. */
const MAX_UNAVAILABLE = '10%';

/** The agent, on each node that runs Linux. */
export function daemonSet({ image, version, directories, clean = false }: DaemonSetOptions): object {
  const all = mounts(directories);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: NAME, namespace: NAMESPACE, labels: labels('agent', version) },
    spec: {
      selector: { matchLabels: { ...agentSelector } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: MAX_UNAVAILABLE } },
      template: {
        metadata: {
          labels: labels('agent', version),
          // Which container kubectl logs and exec mean.
          annotations: { 'kubectl.kubernetes.io/default-container': 'agent' },
        },
        spec: {
          hostNetwork: true,
          hostPID: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: NAME,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [
            { effect: 'NoSchedule', operator: 'Exists' },
            { effect: 'NoExecute', operator: 'Exists' },
          ],
          terminationGracePeriodSeconds: 10,
          containers: [container(image, all, clean)],
          volumes: [
            { name: 'config', configMap: { name: NAME } },
            ...all.map(({ name, hostPath, type }) => ({ name, hostPath: { path: hostPath, type } })),
          ],
        },
      },
    },
  };
}

function container(image: string, all: readonly Mount[], clean: boolean): object {
  return {
    name: 'agent',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [
      'agent',
      '--cluster',
      ...(clean ? ['--clean'] : []),
      '--config',
      `${CONFIG_DIRECTORY}/${CONFIG_KEY}`,
      '--host-root',
      HOST,
      // In brackets an address of either family is one.
      '--http',
      `[$(HOST_IP)]:${HTTP_PORT}`,
    ],
    env: [
      { name: 'NODE_NAME', valueFrom: fieldRef('spec.nodeName') },
      { name: 'HOST_IP', valueFrom: fieldRef('status.hostIP') },
    ],
    ports: [{ name: 'metrics', containerPort: HTTP_PORT, protocol: 'TCP' }],
    startupProbe: { ...probe('/healthz'), periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 20, failureThreshold: 6 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 10, failureThreshold: 3 },
    // No limit of the CPU: a throttled agent would attach pods late. The limit of memory is for a leak.
    resources: { requests: { cpu: '20m', memory: '120Mi' }, limits: { memory: '256Mi' } },
    securityContext: securityContext(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'config', mountPath: CONFIG_DIRECTORY, readOnly: true },
      ...all.map(({ name, mountPath, readOnly }) => ({
        name,
        mountPath,
        mountPropagation: 'HostToContainer',
        ...(readOnly && { readOnly }),
      })),
    ],
  };
}

function securityContext(): object {
  return {
    runAsUser: 0,
    runAsGroup: 0,
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: Object.keys(capabilities) },
    // The runtime's profile allows bpf(), setns() and perf_event_open() to whom it gives the capabilities above.
    seccompProfile: { type: 'RuntimeDefault' },
    // The runtime's profile of AppArmor forbids writing below /sys, hence pinning on /sys/fs/bpf.
    appArmorProfile: { type: 'Unconfined' },
  };
}

function probe(path: string): object {
  return { httpGet: { path, port: 'metrics' }, timeoutSeconds: 5 };
}

/** With its version, which the API server else fills in: it is owned as a whole, so two ways to apply it would differ. */
function fieldRef(fieldPath: string): object {
  return { fieldRef: { apiVersion: 'v1', fieldPath } };
}
