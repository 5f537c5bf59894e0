import type { CriPod, Message } from './cri.ts';
import type { Container, PodSpec, Profile, SecurityContext } from './pod-spec.ts';
import { quantity } from './quantity.ts';

/** What a pod is called, and what the kubelet knows beyond its specification. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface CriPodOptions {
  readonly identity: PodIdentity;
  /** By the paths that fields have in the downward API: `spec.nodeName`, `status.hostIP`. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of every container: KUBERNETES_SERVICE_HOST and the like. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where each volume is on the node, by its name. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** The directory of a pod's logs, as the kubelet names it. */
export function logDirectory({ name, namespace, uid }: PodIdentity): string {
  return `/var/log/pods/${namespace}_${name}_${uid}`;
}

/** A pod's specification as the kubelet asks a runtime for it. Pure. @see pkg/kubelet/kuberuntime of Kubernetes */
export function criPod(spec: PodSpec, options: CriPodOptions): CriPod {
  const { identity } = options;
  const namespaceOptions = {
    network: spec.hostNetwork ? MODE.NODE : MODE.POD,
    pid: spec.hostPID ? MODE.NODE : MODE.CONTAINER,
    ipc: MODE.POD,
  };
  return {
    sandbox: {
      metadata: { name: identity.name, namespace: identity.namespace, uid: identity.uid },
      hostname: spec.hostNetwork ? '' : identity.name,
      logDirectory: logDirectory(identity),
      labels: { ...identity.labels, ...identityLabels(identity) },
      annotations: identity.annotations ?? {},
      linux: { securityContext: { namespaceOptions, seccomp: profile({ type: 'RuntimeDefault' }) } },
    },
    containers: spec.containers.map((container) => criContainer(spec, container, namespaceOptions, options)),
  };
}

const MODE = { POD: 0, CONTAINER: 1, NODE: 2 }; // enum NamespaceMode
const PROPAGATION = { None: 0, HostToContainer: 1, Bidirectional: 2 }; // enum MountPropagation
const PROFILE = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 }; // enum ProfileType

/** What a container that is not privileged does not see of /proc and /sys: the kubelet's own lists. */
const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function criContainer(
  spec: PodSpec,
  container: Container,
  namespaceOptions: object,
  { identity, fields, environment, volumes }: CriPodOptions,
): Message {
  const env = { ...environment };
  for (const { name, value, valueFrom } of container.env ?? []) {
    env[name] = valueFrom ? known(fields, valueFrom.fieldRef.fieldPath, 'field') : expand(value ?? '', env);
  }
  return {
    metadata: { name: container.name },
    image: { image: container.image },
    command: container.command?.map((word) => expand(word, env)) ?? [],
    args: container.args?.map((word) => expand(word, env)) ?? [],
    envs: Object.entries(env).map(([key, value]) => ({ key, value })),
    mounts: (container.volumeMounts ?? []).map(({ name, mountPath, readOnly, mountPropagation }) => ({
      containerPath: mountPath,
      hostPath: known(volumes, name, 'volume'),
      readonly: readOnly ?? false,
      propagation: PROPAGATION[mountPropagation ?? 'None'],
    })),
    labels: { ...identityLabels(identity), 'io.kubernetes.container.name': container.name },
    logPath: `${container.name}/0.log`,
    linux: {
      resources: resources(spec, container),
      securityContext: securityContext(container.securityContext ?? {}, namespaceOptions),
    },
  };
}

function securityContext(asked: SecurityContext, namespaceOptions: object): Message {
  const { runAsUser, runAsGroup, privileged = false, capabilities } = asked;
  return {
    namespaceOptions,
    privileged,
    readonlyRootfs: asked.readOnlyRootFilesystem ?? false,
    noNewPrivs: asked.allowPrivilegeEscalation === false,
    ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    capabilities: { addCapabilities: capabilities?.add ?? [], dropCapabilities: capabilities?.drop ?? [] },
    seccomp: profile(asked.seccompProfile ?? { type: 'Unconfined' }),
    apparmor: profile(asked.appArmorProfile ?? { type: 'RuntimeDefault' }),
    ...(!privileged && { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
  };
}

function profile({ type }: Profile): Message {
  return { profileType: PROFILE[type] };
}

function resources({ priorityClassName }: PodSpec, { resources }: Container): Message {
  const { requests = {}, limits = {} } = resources ?? {};
  const cpu = quantity(requests.cpu ?? limits.cpu ?? '0');
  return {
    cpuShares: Math.max(2, Math.floor(cpu * 1024)),
    ...(limits.memory !== undefined && { memoryLimitInBytes: quantity(limits.memory) }),
    oomScoreAdj: priorityClassName?.startsWith('system-node-critical') ? -997 : 1000,
  };
}

function identityLabels({ name, namespace, uid }: PodIdentity): Record<string, string> {
  return {
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.uid': uid,
  };
}

/** `$(NAME)` of what is known; anything else stays, as in Kubernetes. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\(([\w.-]+)\)/g, (all, name: string) => env[name] ?? all);
}

function known(all: Readonly<Record<string, string>>, name: string, what: string): string {
  const value = all[name];
  if (value === undefined) throw new TypeError(`the pod names the ${what} ${name}, which nobody knows`);
  return value;
}
