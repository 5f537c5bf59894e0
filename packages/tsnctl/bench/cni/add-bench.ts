import { setTimeout } from 'node:timers/promises';
import type { Json, JsonObject } from '@tsnctl/cni';
import type { Pair } from '@tsnctl/lab';
import { type Host, Lab, NIC, type Stage, setStage, wire } from '@tsnctl/lab';
import { deleteLink } from '@tsnctl/netlink';
import type { Mode, Via } from '@tsnctl/proxy';
import { queryTcx } from 'libbpf-ts';
import { AgentProcess } from '../../test/containerd/agent-process.ts';
import { OURS, TSN } from '../../test/containerd/networks.ts';
import { CLIENT, GO_PLUGINS } from '../../test/containerd/programs.ts';
import { type PluginCall, timeCall, timeCallAmongOthers } from '../../test/plugin-call.ts';

/** So many pods start at once. */
export const AT_ONCE = 30;
/** A link is effective long before the call that makes it returns, and the agent looks at what it has done. */
const SETTLED_MS = 100;
/** The agent looks at all of the node at least so often. */
const FOLLOWED_MS = 60_000;

/** A node with an agent, and namespaces for pods that get a new interface each time. */
export class AddBench implements AsyncDisposable {
  readonly ourProgram = CLIENT;
  readonly #lab: Lab;
  readonly #stage: Stage;
  /** A node without an agent: what follows links must not slow the other side of a pair down. */
  readonly plainNode: Host;
  readonly #pods: readonly Host[];
  readonly #socket: string;
  #made = 0;

  private constructor(lab: Lab, stage: Stage, pods: readonly Host[], socket: string) {
    this.#lab = lab;
    this.#stage = stage;
    this.plainNode = lab.host('plain');
    this.#pods = pods;
    this.#socket = socket;
  }

  static async create(mode: Mode, via: Via): Promise<AddBench> {
    await using resources = new AsyncDisposableStack();
    const lab = resources.use(Lab.create());
    const stage = setStage(lab, { wirePod: () => {} });
    const pods = Array.from({ length: AT_ONCE }, (_, number) => lab.host(`p${number}`));
    const socket = `${lab.directory}/agent.sock`;
    const place = {
      spawn: stage.node.spawn.bind(stage.node),
      kill: (child: { kill(signal: NodeJS.Signals): boolean }, signal: NodeJS.Signals) =>
        void child.kill(signal),
    };
    const files = ['--socket', socket, '--state', `${lab.directory}/attachments`, '--bpffs', lab.bpffs];
    lab.use(
      await AgentProcess.start(place, ['--uplink', `${NIC}=mono`, '--mode', mode, '--hook', via, ...files]),
    );
    resources.move();
    return new AddBench(lab, stage, pods, socket);
  }

  get node(): Host {
    return this.#stage.node;
  }

  /** For files that go with the bench. */
  get directory(): string {
    return this.#lab.directory;
  }

  /** Our entry, for a pod that asks for TSN. */
  get ourEntry(): JsonObject {
    return {
      ...OURS,
      socket: this.#socket,
      runtimeConfig: { 'io.kubernetes.cri.pod-annotations': TSN },
    };
  }

  /** A container without an interface: a primary makes that. */
  newContainer(): { id: string; netns: string; ifname: string } {
    const [host] = this.#pods;
    return { id: `pod${this.#made++}`, netns: (host as Host).netns.path, ifname: 'eth0' };
  }

  /** Each plugin adds a new pod, and deletes it; they take turns in being first. */
  pair(round: number): Pair {
    const ours = () => this.#addNew(this.node, (pod) => this.#ours(pod));
    const bandwidth = () => this.#addNew(this.plainNode, bandwidthCall);
    if (round % 2 === 0) return { value: ours(), against: bandwidth() };
    const against = bandwidth();
    return { value: ours(), against };
  }

  /** The same of a pod whose interface the agent has seen and stripped before the ADD: what follows links does so. */
  async followedPair(): Promise<Pair> {
    return { value: await this.#addFollowed(), against: this.#addNew(this.plainNode, bandwidthCall) };
  }

  /** As many new pods as there are namespaces, all at once. */
  async burst(): Promise<{ ms: number; succeeded: boolean }[]> {
    const { node } = this.#stage;
    const added = this.#pods.map((host) => this.#newPod(node, host));
    const answers = await Promise.all(added.map((pod) => timeCallAmongOthers(node, this.#ours(pod))));
    for (const pod of added) {
      timeCall(node, { ...this.#ours(pod), command: 'DEL' });
      remove(pod);
    }
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]();
  }

  #addNew(node: Host, callFor: (pod: Pod) => PluginCall): number {
    const [host] = this.#pods;
    const pod = this.#newPod(node, host as Host);
    return this.#addAndRemove(pod, callFor(pod));
  }

  async #addFollowed(): Promise<number> {
    const { node } = this.#stage;
    const [host] = this.#pods;
    const pod = this.#newPod(node, host as Host);
    const place = { ifindex: node.index(pod.side), direction: 'ingress', netns: node.netns } as const;
    const deadline = performance.now() + FOLLOWED_MS;
    while (queryTcx(place).length === 0) {
      if (performance.now() > deadline) throw new Error(`the agent does not see ${pod.side}`);
      await setTimeout(10);
    }
    await setTimeout(SETTLED_MS);
    return this.#addAndRemove(pod, this.#ours(pod));
  }

  #addAndRemove(pod: Pod, call: PluginCall): number {
    const took = timeCall(pod.node, call);
    timeCall(pod.node, { ...call, command: 'DEL' });
    remove(pod);
    return took;
  }

  /** A veth pair, as the plugin before ours makes it. An older one would have its programs already. */
  #newPod(node: Host, host: Host): Pod {
    const number = this.#made++;
    const side = `veth${number}`;
    wire(node, side, host, 'eth0');
    const interfaces: Json[] = [
      { name: side, mac: node.hardwareAddress(side) },
      { name: 'eth0', mac: host.hardwareAddress('eth0'), sandbox: host.netns.path },
    ];
    return { id: `pod${number}`, node, side, netns: host.netns.path, interfaces };
  }

  #ours(pod: Pod): PluginCall {
    return addCall(this.ourProgram, pod, this.ourEntry);
  }
}

function remove({ node, side }: Pod): void {
  node.request(deleteLink({ index: node.index(side) }));
}

interface Pod {
  id: string;
  node: Host;
  /** Its interface on the node. */
  side: string;
  netns: string;
  interfaces: Json[];
}

/** Both directions, as a pod has it that is limited in both. */
export const bandwidthEntry: JsonObject = {
  type: 'bandwidth',
  ingressRate: 100_000_000,
  ingressBurst: 10_000_000,
  egressRate: 100_000_000,
  egressBurst: 10_000_000,
};

function bandwidthCall(pod: Pod): PluginCall {
  return addCall(`${GO_PLUGINS}/bandwidth`, pod, bandwidthEntry);
}

function addCall(program: string, { id, netns, interfaces }: Pod, entry: JsonObject): PluginCall {
  const prevResult = { cniVersion: '1.0.0', interfaces, ips: [{ interface: 1, address: '198.18.1.2/24' }] };
  return {
    program,
    command: 'ADD',
    config: { cniVersion: '1.0.0', name: 'bench', ...entry, prevResult },
    container: { id, netns, ifname: 'eth0' },
  };
}
