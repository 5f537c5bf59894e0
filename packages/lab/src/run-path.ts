import {
  abilities,
  attachPod,
  attachUplink,
  detachAll,
  MetadataProxy,
  type Mode,
  type Policy,
  type UplinkClock,
  type Via,
} from '@tsnctl/proxy';
import { type Addresses, FAMILIES, type Family } from './addresses.ts';
import { judge, type Verdict } from './judge.ts';
import { Lab } from './lab.ts';
import { Observer } from './observer.ts';
import { type Path, SERVER_PORTS } from './paths/path.ts';
import { type Sender, senders } from './senders.ts';
import { NIC, POD_SIDE, type Stage, setStage } from './stage.ts';
import type { TalkerProgram } from './staging.ts';
import { Talker } from './talker.ts';

/** One line of the table: a path, an IP version, a sender; what arrived without the proxy and with it. */
export interface Row {
  path: string;
  family: Family;
  sender: Sender['name'];
  sent: number;
  without: Omit<Verdict, 'wrong'>;
  with: Verdict;
}

export interface RunOptions {
  /** From `stageTalker`. */
  talker: TalkerProgram;
  /** Packets per row and phase. */
  count: number;
  families?: readonly Family[];
  /** Where the proxy reads the priority, and how it is attached; by default the best that this kernel has. */
  mode?: Mode;
  via?: Via;
  signal?: AbortSignal;
}

/** What the demo's pod may do. */
const POLICY: Policy = { allow: [1, 2, 3, 4, 5, 6], remap: {}, horizonNs: 10_000_000_000n };
const INTERVAL_US = 100;

/** Build a path in a lab of its own, send over it without the proxy and with it, and take all down again. */
export async function runPath(path: Path, options: RunOptions): Promise<Row[]> {
  await using lab = Lab.create();
  const stage = setStage(lab);
  const target = path.lay(stage);
  const via = options.via ?? (abilities().tcx ? 'tcx' : 'clsact');
  const observer = lab.use(new Observer(stage.node, NIC, { via }));
  const run = new Run(path, options, stage, target, observer);
  const proxy = new MetadataProxy(stage.node.netns, { bpffs: lab.bpffs });

  const without = await run.phase(senders);
  const withProxy = new Map<string, Verdict>();
  for (const clock of new Set(senders.map(({ uplinkClock }) => uplinkClock))) {
    install(proxy, clock, { ...options, via });
    const verdicts = await run.phase(senders.filter(({ uplinkClock }) => uplinkClock === clock));
    for (const [key, verdict] of verdicts) withProxy.set(key, verdict);
  }
  proxy.change(detachAll());

  return run.flows(senders).map(({ key, family, sender }) => {
    const { priority, launchTime } = without.get(key) ?? { priority: 0, launchTime: null };
    return {
      path: path.name,
      family,
      sender: sender.name,
      sent: options.count,
      without: { priority, launchTime },
      with: withProxy.get(key) ?? { priority: 0, launchTime: null, wrong: 0 },
    };
  });
}

/** What `tsnctl attach uplink` and `tsnctl attach pod` do. */
function install(proxy: MetadataProxy, clock: UplinkClock, { mode, via }: RunOptions): void {
  const how = { ...(mode && { mode }), ...(via && { via }) };
  proxy.change(attachUplink(NIC, clock, how));
  proxy.change(attachPod(POD_SIDE, POLICY, how));
}

interface Flow {
  key: string;
  flow: number;
  family: Family;
  sender: Sender;
  port: number;
}

/** The traffic of one path; flows are numbered on, so that a straggler is never taken for another's packet. */
class Run {
  readonly #path: Path;
  readonly #options: RunOptions;
  readonly #stage: Stage;
  readonly #target: Addresses;
  readonly #observer: Observer;
  #nextFlow = 1;

  constructor(path: Path, options: RunOptions, stage: Stage, target: Addresses, observer: Observer) {
    this.#path = path;
    this.#options = options;
    this.#stage = stage;
    this.#target = target;
    this.#observer = observer;
  }

  /** One flow for each sender and IP version. */
  flows(chosen: readonly Sender[]): Flow[] {
    return chosen.flatMap((sender) =>
      (this.#options.families ?? FAMILIES).map((family) => ({
        key: `${sender.name}/${family}`,
        flow: this.#nextFlow++,
        family,
        sender,
        port: SERVER_PORTS[senders.indexOf(sender)] ?? 0,
      })),
    );
  }

  /** Send all flows of these senders and judge what the NIC saw. */
  async phase(chosen: readonly Sender[]): Promise<Map<string, Verdict>> {
    const flows = this.flows(chosen);
    for (const family of this.#options.families ?? FAMILIES) {
      this.#options.signal?.throwIfAborted();
      await this.#exchange(flows.filter((flow) => flow.family === family));
    }
    const observations = this.#observer.take();
    return new Map(
      flows.map(({ key, flow, sender }) => [
        key,
        judge(
          {
            flow,
            sent: this.#options.count,
            priority: sender.priority,
            launchTime: sender.txtime !== undefined,
            tcp: sender.protocol === 'tcp',
          },
          observations,
        ),
      ]),
    );
  }

  /** All flows of one IP version at once, each between a client and a server of its own. */
  async #exchange(flows: readonly Flow[]): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const servers = flows.map((flow) => stack.use(this.#server(flow)));
    await Promise.all(servers.map((server) => server.ready()));
    const clients = flows.map((flow) => stack.use(this.#client(flow)));
    await Promise.all(clients.map((client) => client.done()));
  }

  #client({ flow, family, sender, port }: Flow): Talker {
    const args = ['send', '--to', this.#target[family], '--port', `${this.#path.clientPort?.(port) ?? port}`];
    args.push(
      '--proto',
      sender.protocol,
      '--count',
      `${this.#options.count}`,
      '--interval-us',
      `${INTERVAL_US}`,
    );
    const { pod, outside } = this.#stage;
    return this.#path.pod === 'client'
      ? Talker.start(this.#options.talker, pod, rights(sender), [...args, ...metadata(flow, sender)])
      : Talker.start(this.#options.talker, outside, 'none', [...args, '--flow', '0', '--wait-reply']);
  }

  #server({ flow, sender, port }: Flow): Talker {
    const args = ['serve', '--port', `${port}`, '--proto', sender.protocol];
    const { pod, outside } = this.#stage;
    return this.#path.pod === 'server'
      ? Talker.start(this.#options.talker, pod, rights(sender), [...args, ...metadata(flow, sender)])
      : Talker.start(this.#options.talker, outside, 'none', args);
  }
}

function rights(sender: Sender): 'none' | 'net-admin' {
  return sender.netAdmin ? 'net-admin' : 'none';
}

/** The talker's flags for what an application asks of the network. */
function metadata(flow: number, { priority, txtime }: Sender): string[] {
  const args = ['--flow', `${flow}`, '--priority', `${priority}`];
  return txtime === undefined ? args : [...args, '--txtime', txtime];
}
