import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  addBpfFilter,
  addQdisc,
  deleteQdisc,
  listQdiscs,
  type Qdisc,
  replaceQdisc,
  TC_H_ROOT,
  txQueueStats,
} from '@tsnctl/netlink';
import {
  abilities,
  attachPod,
  attachUplink,
  type Counters,
  detachAll,
  MetadataProxy,
  type Mode,
  type Policy,
  Tables,
  type Via,
} from '@tsnctl/proxy';
import { type BpfMap, BpfObject } from 'libbpf-ts';
import type { Lab } from '../src/lab.ts';
import { bridgeRoute } from '../src/paths/bridge-route.ts';
import { NIC, POD_SIDE, type Stage, setStage } from '../src/stage.ts';
import { compileTalker, type TalkerProgram } from '../src/staging.ts';
import { Talker } from '../src/talker.ts';
import { EVERYTHING, until } from './plane.ts';
import type { NicQdisc } from './qdiscs.ts';

/** A talker record that left the NIC's qdisc. */
export interface Departure {
  flow: number;
  seq: number;
  asked_priority: number;
  asked_clock: number;
  asked_time_ns: bigint;
  /** When it left, in the clock that was asked for; TAI where none was. */
  left_ns: bigint;
  /** The same in CLOCK_MONOTONIC. */
  monotonic_ns: bigint;
  /** The TX queue. */
  queue: number;
}

/** What an application sends, in the pod or on the node itself. */
export interface Asks {
  from: 'pod' | 'node';
  priority: number;
  txtime?: 'mono' | 'tai';
  /** How far ahead the launch times are. */
  leadMs?: number;
  count: number;
  intervalUs: number;
}

export interface AttachOptions {
  policy?: Policy;
  mode?: Mode | undefined;
  via?: Via;
}

const PORT = 7000;
/** Where nothing leaves for so long, what is missing has been dropped. */
const QUIET_MS = 400;

/** The stage with qdiscs on its NIC, and a clock at the far end of the NIC's wire. */
export class Yard {
  readonly stage: Stage;
  /** Where packets have to go to pass the NIC. */
  readonly target: string;
  readonly proxy: MetadataProxy;
  readonly #lab: Lab;
  readonly #departures: BpfMap<number, Departure>;
  readonly #departed: BpfMap<number, bigint>;
  #talker: TalkerProgram | undefined;
  #flows = 1;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.stage = setStage(lab);
    this.target = bridgeRoute.lay(this.stage)[4];
    this.proxy = new MetadataProxy(this.stage.node.netns, { bpffs: lab.bpffs });
    const path = fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/departures.bpf.o'));
    using object = BpfObject.open(readFileSync(path), 'departures').load();
    this.#departures = lab.use(object.map<number, Departure>('departures'));
    this.#departed = lab.use(object.map<number, bigint>('departed'));
    using program = object.program('note_departure');
    const { outside } = this.stage;
    const index = outside.index('eth0');
    outside.request(addQdisc({ index, kind: 'clsact' }));
    const place = { index, hook: 'ingress', priority: 1 } as const;
    outside.request(addBpfFilter({ ...place, progFd: program.fd, name: 'departures', directAction: true }));
  }

  /** New qdiscs for the NIC, the root first, and no proxy. A clsact qdisc is there before taprio if one is needed. */
  furnish(qdiscs: readonly NicQdisc[]): void {
    this.proxy.change(detachAll());
    const { node } = this.stage;
    const index = node.index(NIC);
    const root = node
      .request(listQdiscs({ index }))
      .find(({ parent, handle }) => parent === TC_H_ROOT && handle !== 0);
    if (root) node.request(deleteQdisc({ index }));
    const filters = !abilities().tcx && qdiscs.some(({ kind }) => kind === 'taprio');
    if (filters && this.qdiscs('clsact').length === 0) node.request(addQdisc({ index, kind: 'clsact' }));
    for (const qdisc of qdiscs) node.request(replaceQdisc({ index, ...qdisc }));
  }

  /** As `tsnctl attach uplink` and `tsnctl attach pod` do: the clock is read off the qdiscs. */
  attach({ policy = EVERYTHING, mode, via }: AttachOptions = {}): void {
    const how = via && { via };
    this.proxy.change(attachUplink(NIC, undefined, how));
    this.proxy.change(attachPod(POD_SIDE, policy, { ...how, ...(mode && { mode }) }));
  }

  /** The NIC's qdiscs of a kind, with what they have counted. */
  qdiscs(kind: string): Qdisc[] {
    const index = this.stage.node.index(NIC);
    return this.stage.node.request(listQdiscs({ index })).filter((qdisc) => qdisc.kind === kind);
  }

  /** How many packets the NIC's qdiscs of a kind have dropped. */
  drops(kind: string): number {
    return this.qdiscs(kind).reduce((sum, { stats }) => sum + (stats?.drops ?? 0), 0);
  }

  /** How many packets each TX queue has sent, of the queues in order. */
  queued(): number[] {
    const all = this.stage.node.request(listQdiscs({ index: this.stage.node.index(NIC) }));
    const root = all.find(({ handle }) => handle !== 0);
    const stats = root ? txQueueStats(all, root) : new Map();
    return [...stats.keys()].sort().map((queue) => Number(stats.get(queue)?.packets ?? 0n));
  }

  /** What the proxy counted, where it is not 0. */
  counters(): Record<'pod' | 'uplink', Counters> {
    using tables = new Tables(this.proxy.pins);
    const of = (kind: 'pod' | 'uplink', name: string) => {
      const all = tables.counters(kind, this.stage.node.index(name)) ?? {};
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0n));
    };
    return { pod: of('pod', POD_SIDE), uplink: of('uplink', NIC) };
  }

  /**
   * All send at once, each in a process of its own. What left of each, in the order of its sending. `meanwhile`
   * happens while packets pass.
   */
  async run(asks: readonly Asks[], meanwhile?: () => void): Promise<Departure[][]> {
    this.#talker ??= compileTalker(this.#lab);
    this.take();
    await using stack = new AsyncDisposableStack();
    const flows = asks.map((ask) => ({ ask, flow: this.#flows++ }));
    const talkers = flows.map(({ ask, flow }) => stack.use(this.#start(ask, flow)));
    if (meanwhile) {
      await until(() => this.departed > 10 * asks.length, 'the first packets');
      meanwhile();
    }
    await Promise.all(talkers.map((talker) => talker.done()));
    await this.#quiet(asks);
    const left = Map.groupBy(this.take(), ({ flow }) => flow);
    return flows.map(({ flow }) => (left.get(flow) ?? []).toSorted((a, b) => a.seq - b.seq));
  }

  /** How many records have left since the last `take`. */
  get departed(): number {
    return Number(this.#departed.get(0) ?? 0n);
  }

  /** What has left since the last call. */
  take(): Departure[] {
    const departures = this.departed === 0 ? [] : this.#departures.list(this.departed);
    this.#departed.set(0, 0n);
    return departures;
  }

  /** Until all have left, or nothing more does. */
  async #quiet(asks: readonly Asks[]): Promise<void> {
    const all = asks.reduce((sum, { count }) => sum + count, 0);
    await setTimeout(Math.max(...asks.map(({ leadMs = 0 }) => leadMs)));
    for (let before = -1; this.departed < all && this.departed !== before; await setTimeout(QUIET_MS))
      before = this.departed;
  }

  #start({ from, priority, txtime, leadMs = 0, count, intervalUs }: Asks, flow: number): Talker {
    const args = {
      to: this.target,
      port: PORT,
      proto: 'udp',
      flow,
      count,
      'interval-us': intervalUs,
      ...(priority > 0 && { priority }),
      ...(txtime && { txtime, 'lead-ms': leadMs }),
    };
    const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const rights = from === 'node' || txtime === 'tai' ? 'net-admin' : 'none';
    if (!this.#talker) throw new Error('the talker is not compiled yet');
    return Talker.start(this.#talker, this.stage[from], rights, ['send', ...words]);
  }
}
