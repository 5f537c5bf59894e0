import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Cri } from './cri.ts';
import { POD_IMAGE, podImage, SANDBOX_IMAGE } from './pod-image.ts';
import { type ContainerdRelease, INSTALLED } from './release.ts';
import type { TestNode } from './test-node.ts';

export const CONF_DIR = '/etc/cni/net.d';
export const BIN_DIR = '/opt/cni/bin';
const SOCKET = '/run/containerd/containerd.sock';
const CONFIG = `version = 2
root = "/run/containerd-root"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${SANDBOX_IMAGE}"
  restrict_oom_score_adj = true # this needs CAP_SYS_RESOURCE otherwise
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "${CONF_DIR}"
    bin_dir = "${BIN_DIR}"
`;
const PATIENCE_MS = 20_000;

/** containerd on a test's node, with the pods' image and the plugins of containernetworking-plugins. */
export class Containerd implements AsyncDisposable {
  readonly node: TestNode;
  readonly cri: Cri;
  readonly #release: ContainerdRelease;
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(node: TestNode, release: ContainerdRelease) {
    this.node = node;
    this.#release = release;
    this.cri = new Cri(node.path(SOCKET), `/${node.cgroup}`);
  }

  /** Make its files, start it, and give it the image. It goes with the node, at the latest. */
  static async start(node: TestNode, release: ContainerdRelease = INSTALLED): Promise<Containerd> {
    for (const directory of [CONF_DIR, BIN_DIR, '/etc/containerd', '/run/containerd'])
      mkdirSync(node.path(directory), { recursive: true });
    for (const plugin of readdirSync(release.plugins))
      symlinkSync(join(release.plugins, plugin), node.path(join(BIN_DIR, plugin)));
    writeFileSync(node.path('/etc/containerd/config.toml'), CONFIG);
    const containerd = new Containerd(node, release);
    try {
      await containerd.restart();
      await containerd.#importImage();
      return containerd;
    } catch (error) {
      await containerd[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Start it, after it was stopped or for the first time; what runs in pods runs on. */
  async restart(): Promise<void> {
    await this.stop();
    const child = this.node.spawn(join(this.#release.programs, 'containerd'), [], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => {
      this.#log += chunk;
    });
    this.#process = child;
    await this.#until('containerd answers', () => this.cri.version().then(Boolean));
  }

  /** End it, as the machine's service manager would or as a crash does; its pods go on. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || hasEnded(child)) return;
    const ended = once(child, 'close');
    this.node.kill(child, signal);
    await ended;
  }

  /** Write the network's configuration at once, and wait until containerd uses it. */
  async setNetwork(file: string, list: object): Promise<void> {
    const text = `${JSON.stringify(list, undefined, 2)}\n`;
    this.writeNetwork(file, text);
    await this.#until('the network is in use', async () => (await this.cri.networkText()) === text);
  }

  /** As a primary does it: a temporary file that gets the name. */
  writeNetwork(file: string, text: string): void {
    const path = this.node.path(join(CONF_DIR, file));
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  }

  removeNetwork(file: string): void {
    rmSync(this.node.path(join(CONF_DIR, file)), { force: true });
  }

  /** containerd's own client, in the namespace of Kubernetes; what it prints. */
  ctr(...args: readonly string[]): string {
    return this.node.run(join(this.#release.programs, 'ctr'), '--namespace', 'k8s.io', ...args);
  }

  /** Give it an image from an OCI archive of this machine, and wait until it has it. */
  async import(archive: string, name: string): Promise<void> {
    this.ctr('images', 'import', archive);
    this.ctr('images', 'tag', name, `${DEFAULT_DOMAIN}/${name}`); // which a name without a domain stands for
    await this.#until(`containerd has ${name}`, () => this.cri.hasImage(name));
  }

  /** What it has said. */
  get log(): string {
    return this.#log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cri[Symbol.dispose]();
    await this.stop();
  }

  async #importImage(): Promise<void> {
    writeFileSync(this.node.path('/run/image.tar'), podImage());
    this.ctr('images', 'import', '/run/image.tar');
    for (const image of [POD_IMAGE, SANDBOX_IMAGE])
      await this.#until(`containerd has ${image}`, () => this.cri.hasImage(image));
  }

  /** Ask until it holds, or containerd has ended. */
  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await holds().catch(() => false))) {
      const ended = this.#process === undefined || hasEnded(this.#process);
      if (ended || performance.now() > deadline)
        throw new Error(`waited in vain until ${what}:\n${this.#log.split('\n').slice(-20).join('\n')}`);
      await setTimeout(10);
    }
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** distribution/reference, splitDockerDomain() */
const DEFAULT_DOMAIN = 'docker.io';
