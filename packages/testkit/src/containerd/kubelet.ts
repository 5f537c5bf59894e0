import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Containerd } from './containerd.ts';
import { criPod, logDirectory, type PodIdentity } from './cri-pod.ts';
import type { PodSpec, Probe, Volume } from './pod-spec.ts';

/** What the kubelet has from the API server besides the pod. */
export interface PodContext {
  readonly identity: PodIdentity;
  readonly nodeName: string;
  readonly hostIp: string;
  /** By name, with their files. */
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** With it the pod has what its service account has, and the address of the API as `environment`. */
  readonly serviceAccount?: {
    readonly token: string;
    /** Whom to trust, PEM. */
    readonly ca: string;
    readonly apiHost: string;
    readonly apiPort: number;
  };
}

/** As much of the kubelet as it takes to run a pod's specification on a test's node. */
export class Kubelet {
  readonly #containerd: Containerd;

  constructor(containerd: Containerd) {
    this.#containerd = containerd;
  }

  /** Make its volumes, then start it. */
  async run(spec: PodSpec, context: PodContext): Promise<RunningPod> {
    const { identity, nodeName, hostIp, serviceAccount } = context;
    const { node, cri } = this.#containerd;
    mkdirSync(node.path(logDirectory(identity)), { recursive: true });
    for (const { name } of spec.containers)
      mkdirSync(node.path(join(logDirectory(identity), name)), { recursive: true });
    const account = serviceAccount && {
      name: 'kube-api-access',
      hostPath: this.#files('kube-api-access', identity, {
        token: serviceAccount.token,
        namespace: identity.namespace,
        'ca.crt': serviceAccount.ca,
      }),
    };
    const started = await cri.start(
      criPod(account ? withVolume(spec, account.name) : spec, {
        identity,
        environment: serviceAccount
          ? {
              KUBERNETES_SERVICE_HOST: serviceAccount.apiHost,
              KUBERNETES_SERVICE_PORT: `${serviceAccount.apiPort}`,
            }
          : {},
        fields: {
          'spec.nodeName': nodeName,
          'status.hostIP': hostIp,
          'metadata.name': identity.name,
          'metadata.namespace': identity.namespace,
          'metadata.uid': identity.uid,
        },
        volumes: {
          ...Object.fromEntries(
            (spec.volumes ?? []).map((volume) => [volume.name, this.#volume(volume, context)]),
          ),
          ...(account && { [account.name]: account.hostPath }),
        },
      }),
    );
    return new RunningPod(this.#containerd, spec, context, started);
  }

  /** Where it is on the node. */
  #volume(
    { name, hostPath, configMap, emptyDir }: Volume,
    { identity, configMaps = {} }: PodContext,
  ): string {
    if (hostPath) return this.#hostPath(hostPath);
    if (emptyDir) return this.#files(name, identity, {});
    const files = configMap && configMaps[configMap.name];
    if (files) return this.#files(name, identity, files);
    throw new TypeError(`the volume ${name} is of a kind, or of a ConfigMap, that is not here`);
  }

  /** A directory with files, by way of links, as the kubelet does it to replace all of them at once. */
  #files(name: string, identity: PodIdentity, files: Readonly<Record<string, string>>): string {
    const { node } = this.#containerd;
    const path = join(podDirectory(identity), 'volumes', name);
    mkdirSync(node.path(join(path, '..first')), { recursive: true });
    symlinkSync('..first', node.path(join(path, '..data')));
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(node.path(join(path, '..first', file)), text, { mode: 0o644 });
      symlinkSync(join('..data', file), node.path(join(path, file)));
    }
    return path;
  }

  #hostPath({ path, type = '' }: { path: string; type?: string }): string {
    const at = this.#containerd.node.path(path);
    if (type === 'DirectoryOrCreate') mkdirSync(at, { recursive: true, mode: 0o755 });
    else if (type !== 'Directory' && type !== '') throw new TypeError(`hostPath type ${type} is not here`);
    if (type !== '' && !statSync(at).isDirectory()) throw new TypeError(`${path} is no directory`);
    return path;
  }
}

/** A pod that the kubelet has started. */
export class RunningPod {
  readonly #containerd: Containerd;
  readonly #spec: PodSpec;
  readonly #context: PodContext;
  readonly id: string;
  readonly containers: readonly string[];

  constructor(
    containerd: Containerd,
    spec: PodSpec,
    context: PodContext,
    started: { pod: string; containers: readonly string[] },
  ) {
    this.#containerd = containerd;
    this.#spec = spec;
    this.#context = context;
    this.id = started.pod;
    this.containers = started.containers;
  }

  /** What a container has said, each line with its time and stream, as runtimes write it. */
  log(name: string): string {
    const file = join(logDirectory(this.#context.identity), name, '0.log');
    return readFileSync(this.#containerd.node.path(file), 'utf8');
  }

  /** Ask as the kubelet does; the page's text, or undefined where that is refused or not well. */
  async probe(which: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<string | undefined> {
    const probe = this.#spec.containers[0]?.[which];
    if (!probe) throw new TypeError(`the first container has no ${which}`);
    try {
      return this.#containerd.node.run('busybox', 'wget', '-q', '-O', '-', this.#url(probe));
    } catch {
      return undefined;
    }
  }

  /** SIGTERM to all containers, and SIGKILL when the grace period is over; then all of the pod goes. */
  async delete(): Promise<void> {
    const { cri, node } = this.#containerd;
    for (const container of this.containers) {
      await cri.stopContainer(container, this.#spec.terminationGracePeriodSeconds ?? 30);
    }
    await cri.endPod(this.id);
    rmSync(node.path(podDirectory(this.#context.identity)), { recursive: true, force: true });
    rmSync(node.path(logDirectory(this.#context.identity)), { recursive: true, force: true });
  }

  #url({ httpGet: { path, port } }: Probe): string {
    const named = this.#spec.containers[0]?.ports as { name: string; containerPort: number }[] | undefined;
    const number = typeof port === 'number' ? port : named?.find(({ name }) => name === port)?.containerPort;
    return `http://${this.#context.hostIp}:${number}${path}`;
  }
}

/** Where every container looks for its service account's token. */
const SECRETS = '/var/run/secrets/kubernetes.io/serviceaccount';

/** As the API server's admission adds it to each pod. */
function withVolume(spec: PodSpec, name: string): PodSpec {
  const mount = { name, mountPath: SECRETS, readOnly: true };
  const containers = spec.containers.map((it) => ({
    ...it,
    volumeMounts: [...(it.volumeMounts ?? []), mount],
  }));
  return { ...spec, containers };
}

function podDirectory({ uid }: PodIdentity): string {
  return `/var/lib/kubelet/pods/${uid}`;
}
