import type { Json, JsonObject } from '@tsnctl/cni';
import { type Host, Lab, NIC, type Stage, setStage, wire } from '@tsnctl/lab';
import { deleteLink } from '@tsnctl/netlink';
import type { Mode, Via } from '@tsnctl/proxy';
import { AgentProcess } from '../../test/containerd/agent-process.ts';
import { OURS, TSN } from '../../test/containerd/networks.ts';
import { CLIENT, GO_PLUGINS } from '../../test/containerd/programs.ts';
import { calls, comparedMs, ms, type Pair } from './figure.ts';
import type { Part } from './part.ts';
import { type PluginCall, timeCall, timeCallAmongOthers } from './plugin-call.ts';

const AT_ONCE = 30;
/** The slowest of those that come at once may take so long. */
const SLOWEST_MS = 1000;

/** ADD of a new pod that asks for TSN, beside ADD by the Go plugin that shapes a pod's traffic; then many at once. */
function addPart(mode: Mode, { via, ratio, slowestMs }: { via: Via } & Goals): Part {
  const name = via === 'tcx' ? mode : `${mode}-${via}`;
  return {
    title: `ADD by our plugin in ${mode} mode (${via}), and by bandwidth; then ${AT_ONCE} at once`,
    async run({ adds, bursts }, signal) {
      await using bench = await AddBench.create(mode, via);
      const pairs = Array.from({ length: adds }, (_, round) => {
        signal.throwIfAborted();
        return bench.pair(round);
      });
      const slowest: number[] = [];
      let unanswered = 0;
      for (let burst = 0; burst < bursts; burst++) {
        signal.throwIfAborted();
        const answers = await bench.burst();
        slowest.push(Math.max(...answers.map((answer) => answer.ms)));
        unanswered += answers.filter(({ succeeded }) => !succeeded).length;
      }
      return [
        comparedMs(`add/${name}`, pairs, ratio),
        ms(`at-once/${name}/slowest`, Math.max(...slowest), slowestMs),
        calls(`at-once/${name}/unanswered`, unanswered, slowestMs === null ? null : 0),
      ];
    },
  };
}

interface Goals {
  ratio: number | null;
  slowestMs: number | null;
}

/** A tcx link takes the kernel a grace period, a filter does not: so filters are shown beside. */
export const addParts: readonly Part[] = [
  addPart('host', { via: 'tcx', ratio: 1.5, slowestMs: SLOWEST_MS }),
  addPart('host', { via: 'clsact', ratio: null, slowestMs: null }),
  addPart('pod', { via: 'tcx', ratio: 2.5, slowestMs: null }),
];

/** A node with an agent, and namespaces for pods that get a new interface each time. */
class AddBench implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #stage: Stage;
  readonly #pods: readonly Host[];
  readonly #socket: string;
  #made = 0;

  private constructor(lab: Lab, stage: Stage, pods: readonly Host[], socket: string) {
    this.#lab = lab;
    this.#stage = stage;
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

  /** Each plugin adds a new pod, and deletes it; they take turns in being first. */
  pair(round: number): Pair {
    const ours = () => this.#addNew((pod) => this.#ours(pod));
    const bandwidth = () => this.#addNew(bandwidthCall);
    if (round % 2 === 0) return { value: ours(), against: bandwidth() };
    const against = bandwidth();
    return { value: ours(), against };
  }

  /** As many new pods as there are namespaces, all at once. */
  async burst(): Promise<{ ms: number; succeeded: boolean }[]> {
    const { node } = this.#stage;
    const added = this.#pods.map((host) => this.#newPod(host));
    const answers = await Promise.all(added.map((pod) => timeCallAmongOthers(node, this.#ours(pod))));
    for (const pod of added) {
      timeCall(node, { ...this.#ours(pod), command: 'DEL' });
      this.#remove(pod);
    }
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]();
  }

  #addNew(callFor: (pod: Pod) => PluginCall): number {
    const { node } = this.#stage;
    const [host] = this.#pods;
    const pod = this.#newPod(host as Host);
    const call = callFor(pod);
    const took = timeCall(node, call);
    timeCall(node, { ...call, command: 'DEL' });
    this.#remove(pod);
    return took;
  }

  /** A veth pair, as the plugin before ours makes it. An older one would have its programs already. */
  #newPod(host: Host): Pod {
    const { node } = this.#stage;
    const number = this.#made++;
    const side = `veth${number}`;
    wire(node, side, host, 'eth0');
    const interfaces: Json[] = [
      { name: side, mac: node.hardwareAddress(side) },
      { name: 'eth0', mac: host.hardwareAddress('eth0'), sandbox: host.netns.path },
    ];
    return { id: `pod${number}`, side, netns: host.netns.path, interfaces };
  }

  #remove({ side }: Pod): void {
    const { node } = this.#stage;
    node.request(deleteLink({ index: node.index(side) }));
  }

  #ours(pod: Pod): PluginCall {
    const runtimeConfig = { 'io.kubernetes.cri.pod-annotations': TSN };
    return addCall(CLIENT, pod, { ...OURS, socket: this.#socket, runtimeConfig });
  }
}

interface Pod {
  id: string;
  /** Its interface on the node. */
  side: string;
  netns: string;
  interfaces: Json[];
}

/** Both directions, as a pod has it that is limited in both. */
function bandwidthCall(pod: Pod): PluginCall {
  const rate = { rate: 100_000_000, burst: 10_000_000 };
  return addCall(`${GO_PLUGINS}/bandwidth`, pod, {
    type: 'bandwidth',
    ingressRate: rate.rate,
    ingressBurst: rate.burst,
    egressRate: rate.rate,
    egressBurst: rate.burst,
  });
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
