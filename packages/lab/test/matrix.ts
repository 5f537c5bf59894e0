import { setTimeout } from 'node:timers/promises';
import { clockNs } from '@tsnctl/linux';
import {
  abilities,
  attachPod,
  attachUplink,
  MetadataProxy,
  type Mode,
  type Policy,
  type UplinkClock,
} from '@tsnctl/proxy';
import { type Addresses, at, FAMILIES, type Family, on, single } from '../src/addresses.ts';
import type { Host } from '../src/host.ts';
import { type Asked, judge, type Verdict } from '../src/judge.ts';
import { Lab } from '../src/lab.ts';
import { type Observation, Observer, pcpOf } from '../src/observer.ts';
import { NEIGHBOUR_PORT, nicsOf, type Path, SERVER_PORTS, uplinksOf } from '../src/paths/path.ts';
import { senders as demoSenders, type Sender } from '../src/senders.ts';
import { BRIDGE, NEIGHBOUR_SIDE, POD_SIDE, routeDefault, type Stage, setStage } from '../src/stage.ts';
import type { TalkerProgram } from '../src/staging.ts';
import { record } from './plane.ts';
import { Socket } from './socket.ts';
import { Talkers } from './talkers.ts';

/** `native`: without a pod's program, because the path crosses no border. */
export type MatrixMode = Mode | 'native';

/** What one application of a row got. */
export interface Outcome extends Verdict {
  sender: string;
  family: Family;
  /** Records that were judged. */
  sent: number;
  /** In how many packets each record came, at least: 1 but for fragments. */
  fragments: number;
  /** Whether some came in a fragment that was not its packet's first. */
  cut: boolean;
  /** Whether what was sent as one was still together at the NIC. */
  together: boolean;
  /** Records that another queue or tag was seen of, outside, than their priority's. */
  astray: number;
}

/** A kind of application, besides those of the demo. */
interface MatrixSender extends Omit<Sender, 'name'> {
  name: string;
  /** Records that are handed to the kernel as one. */
  batch?: number;
}

const common = { netAdmin: false, uplinkClock: 'mono' } as const;
const senders: readonly MatrixSender[] = [
  ...demoSenders,
  { ...common, name: 'udp-gso', protocol: 'udp', priority: 2, txtime: 'mono', batch: 10 },
  { ...common, name: 'tcp-gso', protocol: 'tcp', priority: 1, batch: 40 },
];

/** What the pod may do. */
const POLICY: Policy = { allow: [1, 2, 3, 4, 5, 6], remap: {}, horizonNs: 10_000_000_000n };
const COUNT = 20;
const BATCHES = 2;
const INTERVAL_US = 200;
const REPLY_S = '10'; // an emulated machine may have others beside it
const PATIENCE_MS = 1000;
const SETTLE_MS = 30;
const SECOND = 1_000_000_000n;

/** One row of the matrix: a path in a lab of its own, with what is attached to it. */
export class MatrixRow implements AsyncDisposable {
  readonly #path: Path;
  readonly #mode: MatrixMode;
  readonly #lab: Lab;
  readonly #talker: TalkerProgram;
  readonly #stage: Stage;
  readonly #target: Addresses;
  readonly #observer: Observer;
  readonly #outside: Observer | undefined;
  readonly #proxy: MetadataProxy;
  #nextFlow = 1;

  /** Lays the path; the kernel may refuse. */
  static async lay(path: Path, mode: MatrixMode, talker: TalkerProgram): Promise<MatrixRow> {
    const lab = Lab.create();
    try {
      return new MatrixRow(lab, path, mode, talker);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(lab: Lab, path: Path, mode: MatrixMode, talker: TalkerProgram) {
    this.#lab = lab;
    this.#path = path;
    this.#mode = mode;
    this.#talker = talker;
    const neighbour = path.neighbour !== 'none';
    this.#stage = setStage(lab, { wirePod: path.wirePod, neighbour });
    this.#target = path.lay(this.#stage);
    this.#layNeighbour();
    const { node, outside } = this.#stage;
    const via = abilities().tcx ? 'tcx' : 'clsact';
    this.#observer = lab.use(new Observer(node, nicsOf(path), { via, readableAt: path.encryptsAt }));
    if (path.outside) this.#outside = lab.use(new Observer(outside, 'eth0', { via, direction: 'ingress' }));
    this.#proxy = new MetadataProxy(node.netns, { bpffs: lab.bpffs });
  }

  /** Attach what the mode needs. Equivalent to: tsnctl attach uplink ...; tsnctl attach pod ... */
  attach(): void {
    this.#uplinks('mono');
    if (this.#mode !== 'native') this.#proxy.change(attachPod(POD_SIDE, POLICY, { mode: this.#mode }));
  }

  /** Every application, and the uplinks' clock changed where the next one needs another. */
  async attached(): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    this.attach();
    for (const clock of ['mono', 'tai'] as const) {
      if (clock !== 'mono') this.#uplinks(clock);
      outcomes.push(...(await this.#phase(senders.filter(({ uplinkClock }) => uplinkClock === clock))));
    }
    return outcomes;
  }

  /** Applications without anything of the proxy: all, or one of each clock. */
  async bare(): Promise<Outcome[]> {
    const chosen = this.#path.native ? senders : senders.filter(({ name }) => name === 'udp-txtime-mono');
    return this.#phase(chosen);
  }

  /** Whether packets went the way that the path is about. */
  get wasTaken(): boolean {
    return this.#path.wasTaken?.(this.#stage) ?? true;
  }

  /** Whether receivers are told a true time of receipt: outside, and in a pod of the node. */
  async receivers(): Promise<Received[]> {
    const all: Received[] = [];
    for (const family of this.#families)
      for (const how of ['ns', 'ing'] as const) {
        const what = `IPv${family}, SO_TIMESTAMP${how.toUpperCase()}`;
        all.push({ where: `outside, ${what}`, ...(await told(() => this.#receivesOutside(family, how))) });
        if (this.#stage.neighbour)
          all.push({ where: `in a pod, ${what}`, ...(await told(() => this.#receivesInPod(family, how))) });
      }
    return all;
  }

  #uplinks(clock: UplinkClock): void {
    for (const name of uplinksOf(this.#path)) this.#proxy.change(attachUplink(name, clock));
  }

  get #families(): readonly Family[] {
    return this.#path.families ?? FAMILIES;
  }

  /** A second pod: on the first one's bridge, or routed. */
  #layNeighbour(): void {
    const { node, neighbour } = this.#stage;
    const network = this.#path.neighbour;
    if (!neighbour || network === 'none') return;
    if (network === undefined) {
      node.address(NEIGHBOUR_SIDE, ...FAMILIES.map((family) => single('neighbours', 1)[family]));
      for (const family of FAMILIES) node.route(single('neighbours', 2)[family], { dev: NEIGHBOUR_SIDE });
      neighbour.address('eth0', ...on('neighbours', 2));
      routeDefault(neighbour, at('neighbours', 1));
      return;
    }
    node.enslave(NEIGHBOUR_SIDE, BRIDGE);
    neighbour.address('eth0', ...on(network, 9));
  }

  async #phase(chosen: readonly MatrixSender[]): Promise<Outcome[]> {
    const { protocols = ['udp', 'tcp'] } = this.#path;
    const able = chosen.filter(({ protocol }) => protocols.includes(protocol));
    const flows = able.flatMap((sender) => this.#families.map((family) => this.#flow(sender, family)));
    await this.#exchange(flows);
    const sent = flows.reduce((sum, { asked }) => sum + asked.sent, 0);
    await settle(this.#observer, sent);
    const [observations, outside] = [this.#observer.take(), this.#outside?.take() ?? []];
    return flows.map((flow) => this.#judge(flow, observations, outside));
  }

  #flow(sender: MatrixSender, family: Family): Flow {
    const number = this.#nextFlow++;
    const { batch = 1, priority, txtime, protocol } = sender;
    const sent = this.#path.pod === 'server' || batch === 1 ? COUNT : BATCHES * batch;
    return {
      sender,
      family,
      port: SERVER_PORTS[(number - 1) % SERVER_PORTS.length] ?? 0,
      asked: { flow: number, sent, priority, launchTime: txtime !== undefined, tcp: protocol === 'tcp' },
    };
  }

  #judge({ sender, family, asked }: Flow, observed: readonly Observation[], outside: readonly Observation[]) {
    const own = observed.filter(({ flow }) => flow === asked.flow);
    const copies = Map.groupBy(own, ({ seq }) => seq);
    // A record that two segments share is seen in neither: TCP's are those that were seen whole.
    const sent = asked.tcp ? Math.max(copies.size, asked.sent - MOST_SHARED) : asked.sent;
    const packets = [...copies.values()].map((some) => new Set(some.map(({ packet }) => packet)).size);
    return {
      sender: sender.name,
      family,
      ...judge(asked, own),
      sent,
      fragments: packets.length === 0 ? 0 : Math.min(...packets),
      cut: own.some(({ fragment }) => fragment > 0),
      together: own.some(({ segments }) => segments > 1),
      astray: this.#path.outside ? this.#astray(asked, outside) : 0,
    };
  }

  /** Every record must have come outside, by its priority's queue and with its tag. */
  #astray({ flow, priority, sent }: Asked, outside: readonly Observation[]): number {
    const wanted = this.#path.outside?.[priority] ?? {};
    const own = outside.filter((packet) => packet.flow === flow);
    const right = own.filter(
      (packet) =>
        (wanted.queue === undefined || packet.queue === wanted.queue) &&
        (wanted.pcp === undefined || pcpOf(packet) === wanted.pcp),
    );
    return Math.max(own.length, sent) - right.length;
  }

  async #exchange(flows: readonly Flow[]): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const { pod, outside } = this.#stage;
    const podServes = this.#path.pod === 'server';
    const [client, server] = podServes ? [outside, pod] : [pod, outside];
    const start = (host: Host, some: readonly Flow[], line: (flow: Flow) => string[]) => {
      const groups = [...Map.groupBy(some, ({ sender }) => (host === pod ? rights(sender) : 'none'))];
      return groups.map(([right, all]) => stack.use(new Talkers(this.#talker, host, right, all.map(line))));
    };
    const served = flows.filter(({ sender }) => podServes || sender.protocol === 'tcp');
    const servers = start(server, served, (flow) => this.#serve(flow));
    await Promise.all(servers.map((some) => some.ready()));
    const clients = start(client, flows, (flow) => this.#send(flow));
    await Promise.all(clients.map((some) => some.done()));
  }

  #serve({ sender, port, asked }: Flow): string[] {
    const own = this.#path.pod === 'server' ? metadata(asked, sender) : [];
    return ['serve', '--port', `${port}`, '--proto', sender.protocol, ...own];
  }

  #send({ sender, family, port, asked }: Flow): string[] {
    const to = ['send', '--to', this.#target[family], '--port', `${this.#path.clientPort?.(port) ?? port}`];
    const how = ['--proto', sender.protocol, '--count', `${asked.sent}`, '--interval-us', `${INTERVAL_US}`];
    how.push('--reply-s', REPLY_S);
    if (this.#path.pod === 'server') return [...to, ...how, '--flow', '0', '--wait-reply'];
    const { fragmentsOf } = this.#path;
    if (sender.batch) how.push('--batch', `${sender.batch}`);
    else if (fragmentsOf && sender.protocol === 'udp') how.push('--bytes', `${fragmentsOf}`);
    return [...to, ...how, ...metadata(asked, sender)];
  }

  /** The pod sends to a receiver outside, or answers one. */
  #receivesOutside(family: Family, how: 'ns' | 'ing'): Told | undefined {
    const { pod, outside } = this.#stage;
    const port = SERVER_PORTS.at(-1) ?? 0;
    if (this.#path.pod === 'client') return receives(pod, outside, [this.#target[family], port], family, how);
    using server = Socket.open(pod, 'udp', family).priority(6).txtime('mono').bind(any[family], port);
    using client = Socket.open(outside, 'udp', family).timestamps(how);
    client.connect(this.#target[family], this.#path.clientPort?.(port) ?? port);
    client.send(record({}));
    const { from } = server.receive();
    const before = clockNs('realtime');
    server.sendTo(record({}), from, clockNs('monotonic') + SECOND);
    return compare(client.receive().stampNs, before);
  }

  #receivesInPod(family: Family, how: 'ns' | 'ing'): Told | undefined {
    const { pod, neighbour } = this.#stage;
    const network = this.#path.neighbour;
    const address = network && network !== 'none' ? at(network, 9) : at('neighbours', 2);
    return receives(pod, neighbour ?? pod, [address[family], NEIGHBOUR_PORT], family, how);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]();
  }
}

/** Of TCP's records in a phase, so many may lie across two segments. */
const MOST_SHARED = 20;

interface Flow {
  sender: MatrixSender;
  family: Family;
  port: number;
  asked: Asked;
}

const any = { 4: '0.0.0.0', 6: '::' } as const;

/** Send with a launch time that no receive stamp can be. */
function receives(
  from: Host,
  at: Host,
  to: [string, number],
  family: Family,
  how: 'ns' | 'ing',
): Told | undefined {
  using receiver = Socket.open(at, 'udp', family).timestamps(how).bind(any[family], to[1]);
  using sender = Socket.open(from, 'udp', family).priority(6).txtime('mono');
  const before = clockNs('realtime');
  sender.send(record({ priority: 6 }), { to, launchTimeNs: clockNs('monotonic') + SECOND });
  return compare(receiver.receive().stampNs, before);
}

/** When a packet came, as a receiver was told: before it was sent, or later than now. */
interface Told {
  early: boolean;
  late: boolean;
}

interface Received extends Told {
  where: string;
}

/** Undefined where the kernel had no stamp for it. */
function compare(stampNs: bigint | undefined, before: bigint): Told | undefined {
  return stampNs === undefined ? undefined : { early: stampNs < before, late: stampNs > clockNs('realtime') };
}

/** The kernel begins to stamp a moment after the first socket asks for it: send until it does. */
async function told(send: () => Told | undefined): Promise<Told> {
  for (let tries = 0; tries < 100; tries++) {
    const heard = send();
    if (heard) return heard;
    await setTimeout(SETTLE_MS);
  }
  throw new Error('receivers are told nothing');
}

/** Wait until as many records have come as were sent, or none comes any more; and then for those that come twice. */
async function settle(observer: Observer, records: number): Promise<void> {
  let [last, since] = [observer.observed, performance.now()];
  while (last < records && performance.now() - since < PATIENCE_MS) {
    await setTimeout(SETTLE_MS / 3);
    if (observer.observed !== last) [last, since] = [observer.observed, performance.now()];
  }
  await setTimeout(SETTLE_MS);
}

function rights(sender: MatrixSender): 'none' | 'net-admin' {
  return sender.netAdmin ? 'net-admin' : 'none';
}

function metadata({ flow }: Asked, { priority, txtime }: MatrixSender): string[] {
  const args = ['--flow', `${flow}`, '--priority', `${priority}`];
  return txtime === undefined ? args : [...args, '--txtime', txtime];
}
