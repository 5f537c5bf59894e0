import { fileURLToPath } from 'node:url';
import { type Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface PortMapping {
  hostPort: number;
  containerPort: number;
  protocol: 'tcp' | 'udp';
}

/** A pod as the kubelet asks for it. */
export interface PodConfig {
  name: string;
  /** By default one that no pod had before. */
  uid?: string;
  namespace?: string;
  annotations?: Record<string, string>;
  ports?: readonly PortMapping[];
}

export interface ContainerConfig {
  image: string;
  command?: readonly string[];
  /** The user; without any capability, unless it is root. */
  uid?: number;
}

/** A pod in CRI's own words: messages of cri.proto. */
export interface CriPod {
  sandbox: Message & { linux: Message };
  containers: readonly Message[];
}

export interface ExecResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A container runtime, asked as the kubelet asks it. A refusal is thrown with the runtime's own words. */
export class Cri implements Disposable {
  readonly #runtime: Service;
  readonly #images: Service;
  readonly #cgroupParent: string;
  #pods = 0;

  /** `socket`: a path; `cgroupParent`: where the cgroups of all pods go. */
  constructor(socket: string, cgroupParent: string) {
    this.#runtime = new Service('RuntimeService', socket);
    this.#images = new Service('ImageService', socket);
    this.#cgroupParent = cgroupParent;
  }

  /** The runtime's name and version. */
  async version(): Promise<{ name: string; version: string }> {
    const answer = await this.#runtime.call('Version', {});
    return { name: `${answer.runtimeName}`, version: `${answer.runtimeVersion}` };
  }

  /** Why the node's network is not ready, undefined where it is. */
  async networkProblem(): Promise<string | undefined> {
    const answer = (await this.#runtime.call('Status', {})) as { status?: { conditions?: Condition[] } };
    const condition = answer.status?.conditions?.find(({ type }) => type === 'NetworkReady');
    return condition?.status ? undefined : (condition?.message ?? 'no word of the network');
  }

  /** The text of the network's file as the runtime has read it, undefined without one; only containerd tells. */
  async networkText(): Promise<string | undefined> {
    const answer = (await this.#runtime.call('Status', { verbose: true })) as {
      info?: { cniconfig?: string };
    };
    const known = JSON.parse(answer.info?.cniconfig ?? '{}') as {
      Networks?: { Config: { Name: string; Source: string } }[];
    };
    return known.Networks?.find(({ Config }) => Config.Name !== LOOPBACK)?.Config.Source;
  }

  async hasImage(image: string): Promise<boolean> {
    const answer = await this.#images.call('ImageStatus', { image: { image } });
    return Boolean(answer.image);
  }

  /** Start a pod without containers; its id. */
  async runPod(pod: PodConfig): Promise<string> {
    const answer = await this.#runtime.call('RunPodSandbox', { config: this.#sandboxConfig(pod) });
    return `${answer.podSandboxId}`;
  }

  async stopPod(id: string): Promise<void> {
    await this.#runtime.call('StopPodSandbox', { podSandboxId: id });
  }

  async removePod(id: string): Promise<void> {
    await this.#runtime.call('RemovePodSandbox', { podSandboxId: id });
  }

  /** Stop it, then remove it. */
  async endPod(id: string): Promise<void> {
    await this.stopPod(id);
    await this.removePod(id);
  }

  /** The ids of all pods, running or not. */
  async pods(): Promise<string[]> {
    const answer = (await this.#runtime.call('ListPodSandbox', {})) as { items?: { id: string }[] };
    return (answer.items ?? []).map(({ id }) => id);
  }

  /** The addresses that the runtime took from the result of the CNI chain. */
  async addresses(id: string): Promise<string[]> {
    const answer = (await this.#runtime.call('PodSandboxStatus', { podSandboxId: id })) as {
      status?: { network?: { ip: string; additionalIps?: { ip: string }[] } };
    };
    const { ip = '', additionalIps = [] } = answer.status?.network ?? {};
    return [ip, ...additionalIps.map((more) => more.ip)].filter((address) => address !== '');
  }

  /** Start a container in a pod; its id. */
  async runContainer(podId: string, pod: PodConfig, container: ContainerConfig): Promise<string> {
    const { image, command = [], uid = 65534 } = container;
    const securityContext = {
      runAsUser: { value: uid },
      runAsGroup: { value: uid },
      noNewPrivs: true,
      ...(uid === 0 ? {} : { capabilities: { dropCapabilities: ['ALL'] } }),
    };
    const answer = await this.#runtime.call('CreateContainer', {
      podSandboxId: podId,
      config: { metadata: { name: 'main' }, image: { image }, command, linux: { securityContext } },
      sandboxConfig: this.#sandboxConfig(pod),
    });
    const containerId = `${answer.containerId}`;
    await this.#runtime.call('StartContainer', { containerId });
    return containerId;
  }

  /** Start a pod and its containers as configured in CRI's own words; the pod's id, and those of its containers. */
  async start({ sandbox, containers }: CriPod): Promise<{ pod: string; containers: string[] }> {
    const config = { ...sandbox, linux: { ...sandbox.linux, cgroupParent: this.#cgroupParent } };
    const answer = await this.#runtime.call('RunPodSandbox', { config });
    const podSandboxId = `${answer.podSandboxId}`;
    const ids: string[] = [];
    for (const container of containers) {
      const created = await this.#runtime.call('CreateContainer', {
        podSandboxId,
        config: container,
        sandboxConfig: config,
      });
      const containerId = `${created.containerId}`;
      ids.push(containerId);
      await this.#runtime.call('StartContainer', { containerId });
    }
    return { pod: podSandboxId, containers: ids };
  }

  /** Whether it runs, and if it has ended, how. */
  async containerStatus(
    containerId: string,
  ): Promise<{ running: boolean; exitCode: number; reason: string }> {
    const answer = (await this.#runtime.call('ContainerStatus', { containerId })) as {
      status?: { state?: number; exitCode?: number; reason?: string };
    };
    const { state = 0, exitCode = 0, reason = '' } = answer.status ?? {};
    return { running: state === 1, exitCode, reason }; // enum ContainerState
  }

  /** SIGTERM, or what the image says; SIGKILL after so many seconds. */
  async stopContainer(containerId: string, timeoutS: number): Promise<void> {
    await this.#runtime.call('StopContainer', { containerId, timeout: timeoutS });
  }

  /** Run a program in a container to its end. */
  async exec(containerId: string, cmd: readonly string[], timeoutS = 30): Promise<ExecResult> {
    const answer = (await this.#runtime.call('ExecSync', { containerId, cmd, timeout: timeoutS })) as {
      exitCode?: number;
      stdout?: Buffer;
      stderr?: Buffer;
    };
    const { exitCode = 0, stdout = '', stderr = '' } = answer;
    return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  [Symbol.dispose](): void {
    this.#runtime.close();
    this.#images.close();
  }

  #sandboxConfig({
    name,
    uid = `uid-${name}-${this.#pods++}`,
    namespace = 'default',
    annotations,
    ports = [],
  }: PodConfig) {
    return {
      metadata: { name, uid, namespace },
      hostname: name,
      annotations: annotations ?? {},
      portMappings: ports.map(({ protocol, ...numbers }) => ({
        ...numbers,
        protocol: protocol === 'tcp' ? 0 : 1, // enum Protocol
      })),
      linux: { cgroupParent: this.#cgroupParent },
    };
  }
}

/** The network that containerd gives every pod by itself. */
const LOOPBACK = 'cni-loopback';

interface Condition {
  type: string;
  status: boolean;
  message: string;
}

export type Message = Record<string, unknown>;
type Call = (
  request: Message,
  options: object,
  callback: (error: ServiceError | null, reply: Message) => void,
) => void;
type ServiceClient = Client & Record<string, Call>;

const PROTO = fileURLToPath(new URL('./cri.proto', import.meta.url));
/** A pod may wait for a CNI plugin that waits for its agent. */
const DEADLINE_MS = 60_000;

class Service {
  readonly #client: ServiceClient;

  constructor(name: 'RuntimeService' | 'ImageService', socket: string) {
    const { runtime } = loadPackageDefinition(loadSync(PROTO, { longs: Number })) as unknown as {
      runtime: { v1: Record<string, new (address: string, credentials: unknown) => ServiceClient> };
    };
    const Constructor = runtime.v1[name];
    if (!Constructor) throw new TypeError(`cri.proto has no service ${name}`);
    this.#client = new Constructor(`unix:${socket}`, credentials.createInsecure());
  }

  call(method: string, request: Message): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const options = { deadline: Date.now() + DEADLINE_MS, waitForReady: true };
    this.#client[method]?.(request, options, (error, reply) => {
      if (error) reject(new Error(`${method}: ${error.details}`, { cause: error }));
      else resolve(reply);
    });
    return promise;
  }

  close(): void {
    this.#client.close();
  }
}
