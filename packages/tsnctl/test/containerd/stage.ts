import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OUR_TYPE } from '@tsnctl/cni';
import {
  addressNic,
  judge,
  Lab,
  NIC,
  Observer,
  routeBack,
  type Stage,
  setStage,
  type Verdict,
} from '@tsnctl/lab';
import { listLinks } from '@tsnctl/netlink';
import {
  BIN_DIR,
  CONF_DIR,
  Containerd,
  type ContainerdRelease,
  POD_IMAGE,
  type PodConfig,
  TestNode,
} from '@tsnctl/testkit/containerd';
import { BpfLink, BpfProgram, queryTcx } from 'libbpf-ts';
import { AgentProcess } from './agent-process.ts';
import { network, type PluginName } from './networks.ts';
import { CLIENT, MAIN } from './programs.ts';

/** The network's list in its directory. */
export const LIST_FILE = '10-pods.conflist';
/** The lab's host outside. */
const OUTSIDE = { 4: '198.18.0.2', 6: '2001:db8::2' } as const;

/**
 * A lab whose node is run by containerd: pods are made by real plugins, with ours chained behind them, and an
 * observer watches what reaches the NIC.
 */
export class ContainerdStage implements AsyncDisposable {
  readonly #resources: AsyncDisposableStack;
  readonly stage: Stage;
  readonly node: TestNode;
  readonly containerd: Containerd;
  readonly #observer: Observer;
  #agent: AgentProcess | undefined;
  #flows = 1;
  #revisions = 1;

  private constructor(
    resources: AsyncDisposableStack,
    stage: Stage,
    node: TestNode,
    containerd: Containerd,
    observer: Observer,
  ) {
    this.#resources = resources;
    this.stage = stage;
    this.node = node;
    this.containerd = containerd;
    this.#observer = observer;
  }

  /** `plugin: false`: ours is not there, somebody has to put it. */
  static async create(release?: ContainerdRelease, { plugin = true } = {}): Promise<ContainerdStage> {
    await using resources = new AsyncDisposableStack();
    const lab = resources.use(Lab.create());
    const stage = setStage(lab, { wirePod: () => {} });
    addressNic(stage);
    routeBack(stage);
    const observer = resources.use(new Observer(stage.node, NIC));
    const node = resources.use(await TestNode.create({ netns: stage.node.netns, bpffs: lab.bpffs }));
    const containerd = resources.use(await Containerd.start(node, release));
    if (plugin) copyFileSync(CLIENT, node.path(join(BIN_DIR, 'tsnctl')));
    return new ContainerdStage(resources.move(), stage, node, containerd, observer);
  }

  get cri(): Containerd['cri'] {
    return this.containerd.cri;
  }

  /** Start the agent on the node. */
  async startAgent(...args: readonly string[]): Promise<AgentProcess> {
    const place = {
      spawn: this.node.spawn.bind(this.node),
      kill: this.node.kill.bind(this.node),
    };
    this.#agent = await AgentProcess.start(place, ['--uplink', `${NIC}=mono`, ...args]);
    return this.#agent;
  }

  /** End the agent as a crash does. */
  async killAgent(): Promise<void> {
    await this.#agent?.stop('SIGKILL');
    this.#agent = undefined;
  }

  /** What the agent and containerd have said, for a test that fails. */
  get log(): string {
    return `${this.#agent?.log}\n${this.containerd.log}`;
  }

  /** Use this network from the next pod on. */
  async use(names: readonly PluginName[], ours?: Parameters<typeof network>[1]): Promise<void> {
    await this.containerd.setNetwork(LIST_FILE, network(names, ours));
  }

  /** The primary writes its list, as it does whenever it likes; containerd uses it once the agent has put us in again. */
  async primaryWrites(names: readonly PluginName[]): Promise<string> {
    const revision = this.#revisions++;
    const text = `${JSON.stringify({ ...network(names, false), revision })}\n`;
    this.containerd.writeNetwork(LIST_FILE, text);
    const deadline = performance.now() + 30_000;
    for (;;) {
      const used = JSON.parse((await this.cri.networkText()) ?? '{}') as {
        revision?: number;
        plugins?: { type: string }[];
      };
      if (used.revision === revision && used.plugins?.at(-1)?.type === OUR_TYPE) return text;
      if (performance.now() > deadline) throw new Error(`our entry did not come back: ${this.log}`);
      await setTimeout(10);
    }
  }

  /** The network's list as it lies in the directory. */
  listText(): string {
    return readFileSync(this.node.path(join(CONF_DIR, LIST_FILE)), 'utf8');
  }

  /** `tsnctl ARGS` on the node; what it prints. */
  tsnctl(...args: readonly string[]): string {
    return this.node.run(
      process.execPath,
      '-C',
      '@tsnctl/source',
      '--disable-warning=ExperimentalWarning',
      MAIN,
      ...args,
    );
  }

  /** Start a pod, and in it a container that does nothing; the ids of both. */
  async run(pod: PodConfig): Promise<{ pod: string; container: string }> {
    const id = await this.cri.runPod(pod);
    return { pod: id, container: await this.cri.runContainer(id, pod, { image: POD_IMAGE }) };
  }

  /** Send `count` packets out of a container, unprivileged, at priority 6 with launch times; what the NIC got of them. */
  async send(container: string, count: number, family: keyof typeof OUTSIDE = 4): Promise<Verdict> {
    this.#observer.take();
    const flow = this.#flows++;
    const args = ['--to', OUTSIDE[family], '--port', '7000', '--proto', 'udp', '--flow', `${flow}`];
    const asked = ['--count', `${count}`, '--interval-us', '500', '--priority', '6', '--txtime', 'mono'];
    const sent = await this.cri.exec(container, ['talker', 'send', ...args, ...asked]);
    if (sent.code !== 0) throw new Error(`the talker failed: ${sent.stderr}`);
    await this.#passed(count);
    return judge({ flow, sent: count, priority: 6, launchTime: true, tcp: false }, this.#observer.take());
  }

  /** The programs on the host sides of all pods, in their order: `saver`, `strip`. */
  podPrograms(): string[] {
    return this.#links()
      .filter(({ name }) => name.startsWith('veth'))
      .map(({ index: ifindex }) =>
        queryTcx({ ifindex, direction: 'ingress', netns: this.stage.node.netns })
          .map(({ programId }) => programName(programId))
          .join(', '),
      );
  }

  /**
   * Whatever a pod could leave on the node, one line each. Nothing is left if this is as it was before. Pins of
   * interfaces that are gone are not counted: the agent takes them away with its next change or look.
   */
  remains(): string[] {
    const mounts = readFileSync(this.node.path('/proc/1/mounts'), 'utf8').split('\n');
    const [containers, snapshots] = ['containers', 'snapshots'].map((kind) =>
      this.containerd.ctr(kind, 'list').split('\n'),
    );
    return [
      ...this.node.networkNamespaces().map((name) => `namespace ${name}`),
      ...this.#links().map(({ name }) => `link ${name}`),
      ...this.#pins()
        .filter((path) => !this.#isStale(path))
        .map((path) => `pin ${path}`),
      ...KEPT.flatMap((directory) =>
        files(this.node.path(directory), '').map((path) => `file ${directory}/${path}`),
      ).filter((line) => !BOOKKEEPING.test(line)),
      ...this.node
        .processes()
        .filter((line) => !RESIDENTS.test(line))
        .map((line) => `process ${line}`),
      ...mounts.filter((line) => line.includes('/k8s.io/')).map((line) => `mount ${line}`),
      ...(containers ?? [])
        .slice(1)
        .filter(Boolean)
        .map((line) => `container ${line}`),
      ...(snapshots ?? []).filter((line) => line.includes(' Active')).map((line) => `snapshot ${line}`),
    ];
  }

  /** Pinned links of interfaces that are gone. */
  stalePins(): string[] {
    return this.#pins().filter((path) => this.#isStale(path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAgent();
    await this.#resources.disposeAsync();
  }

  /** Packets of a policed pod take a while. */
  async #passed(count: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#observer.observed < count && performance.now() < deadline) await setTimeout(10);
  }

  #pins(): string[] {
    return files(this.stage.lab.bpffs, '');
  }

  #isStale(pin: string): boolean {
    if (!pin.includes('/links/')) return false;
    using link = BpfLink.pinned(join(this.stage.lab.bpffs, pin));
    return link.info().ifindex === 0;
  }

  #links() {
    return this.stage.node.request(listLinks());
  }
}

/** Where the runtime, the plugins and the agent keep what belongs to pods. */
const KEPT = [
  '/var/lib/cni',
  '/run/tsnctl/attachments',
  '/run/cni',
  '/run/containerd/io.containerd.runtime.v2.task',
];
/** What was sent is there much sooner, unless it was lost. */
const PATIENCE_MS = 20_000;
/** What runs with pods or without. */
const RESIDENTS = /^(\S*containerd |\S+\/node .* agent )/;
/** Where host-local goes on to the next address, one file for each network and range; what the agent goes on with. */
const BOOKKEEPING = /\/(lock|last_reserved_ip\.\d+|attachments\/owned\.json)$/;

function files(root: string, directory: string): string[] {
  const at = join(root, directory);
  if (!existsSync(at)) return [];
  return readdirSync(at, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? files(root, path) : [path];
    })
    .sort();
}

function programName(id: number): string {
  using program = BpfProgram.fromId(id);
  return program.info().name;
}
