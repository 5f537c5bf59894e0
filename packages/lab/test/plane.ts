import { setImmediate } from 'node:timers/promises';
import { encodeRecord, recordBytes } from '@tsnctl/example-talker';
import {
  attachPod,
  attachUplink,
  type Counters,
  detachAll,
  MetadataProxy,
  type Mode,
  type Policy,
  Tables,
  type UplinkClock,
  type Via,
} from '@tsnctl/proxy';
import { type Addresses, type Family, on } from '../src/addresses.ts';
import type { Host } from '../src/host.ts';
import type { Lab } from '../src/lab.ts';
import { type Observation, Observer } from '../src/observer.ts';
import { bridgeRoute } from '../src/paths/bridge-route.ts';
import type { Path } from '../src/paths/path.ts';
import { BRIDGE, NIC, POD_SIDE, type Stage, setStage, wire } from '../src/stage.ts';
import { type Clock, Socket } from './socket.ts';

/** Root makes namespaces and loads programs; since 6.11 a launch time crosses the border. */
export const NEEDS = { root: true, kernel: [6, 11] } as const;

export const MODES = ['host', 'pod'] as const satisfies readonly Mode[];

/** May do everything, any time ahead. */
export const EVERYTHING: Policy = {
  allow: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  remap: {},
  horizonNs: 2n ** 62n,
};

export interface PlaneOptions {
  path?: Path;
  /** Of the NIC's qdisc; `mono` by default. */
  clock?: UplinkClock;
  /** Of the pod; none: it is stripped. */
  policy?: Policy;
  mode?: Mode;
  via?: Via;
}

/** The data plane on a stage: one pod, one NIC, an observer behind it. */
export class Plane {
  readonly stage: Stage;
  readonly target: Addresses;
  readonly proxy: MetadataProxy;
  readonly observer: Observer;
  #counted: Record<'pod' | 'uplink', Counters> = { pod: {}, uplink: {} };

  constructor(lab: Lab, { path = bridgeRoute, clock = 'mono', policy, mode, via }: PlaneOptions = {}) {
    this.stage = setStage(lab);
    this.target = path.lay(this.stage);
    this.observer = lab.use(new Observer(this.stage.node, NIC, { via }));
    this.proxy = new MetadataProxy(this.stage.node.netns, { bpffs: lab.bpffs });
    this.proxy.change(attachUplink(NIC, clock, via && { via }));
    if (mode === 'pod') this.stage.pod.nft(QUIET);
    if (policy) this.proxy.change(attachPod(POD_SIDE, policy, mode && { mode }));
  }

  /** Everything off. */
  detach(): void {
    this.proxy.change(detachAll());
  }

  /** The NIC and the pod again. */
  attach(policy: Policy): void {
    this.proxy.change(attachUplink(NIC, 'mono'));
    this.proxy.change(attachPod(POD_SIDE, policy));
  }

  uplink(clock: UplinkClock): void {
    this.proxy.change(attachUplink(NIC, clock));
  }

  policy(policy: Policy): void {
    this.proxy.change(attachPod(POD_SIDE, policy));
  }

  /** What the NIC's qdisc would have seen of the next `count` records, in the order of their sending. */
  async seen(count: number): Promise<Observation[]> {
    await until(() => this.observer.observed >= count, `${count} records at the NIC`);
    return this.observer.take().sort((a, b) => a.seq - b.seq);
  }

  /** What the proxy counted since the last call: counters that moved. */
  counted(): Record<'pod' | 'uplink', Counters> {
    using tables = new Tables(this.proxy.pins);
    const now = {
      pod: tables.counters('pod', this.stage.node.index(POD_SIDE)) ?? {},
      uplink: tables.counters('uplink', this.stage.node.index(NIC)) ?? {},
    };
    const moved = { pod: rise(this.#counted.pod, now.pod), uplink: rise(this.#counted.uplink, now.uplink) };
    this.#counted = now;
    return moved;
  }
}

/** A pod's kernel reports IPv6 groups at a priority of its own (TC_PRIO_CONTROL), whenever it likes. */
const QUIET = `table ip6 quiet {
  chain output { type filter hook output priority 0; icmpv6 type mld2-listener-report drop; }
}`;

function rise(before: Counters, after: Counters): Counters {
  const moved = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0n)] as const);
  return Object.fromEntries(moved.filter(([, by]) => by !== 0n));
}

/** Wait until something holds; it fails after half a minute. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await setImmediate();
  }
}

/** One more pod on the bridge, at this number of the pods' network; nothing is attached to it. */
export function addPod(lab: Lab, { stage: { node } }: Plane, number: number): { host: Host; side: string } {
  const host = lab.host(`pod${number}`);
  const side = `pod${number}`;
  wire(node, side, host, 'eth0');
  node.enslave(side, BRIDGE);
  host.address('eth0', ...on('pods', number));
  return { host, side };
}

const PORT = 7000;
let flows = 1;

/** An application: UDP records from a host to a place, each saying what was asked for. */
export class Sender implements Disposable {
  readonly flow = flows++;
  readonly #socket: Socket;
  readonly #to: [string, number];
  readonly #asked: { priority: number; clock: Clock | undefined };
  #seq = 0;

  constructor(host: Host, to: string, { priority = 0, clock }: { priority?: number; clock?: Clock } = {}) {
    const family: Family = to.includes(':') ? 6 : 4;
    this.#socket = Socket.open(host, 'udp', family);
    this.#to = [to, PORT];
    this.#asked = { priority, clock };
    if (priority !== 0) this.#socket.priority(priority);
    if (clock) this.#socket.txtime(clock);
  }

  send(launchTimeNs?: bigint): void {
    const { priority } = this.#asked;
    const payload = record({ flow: this.flow, seq: this.#seq++, priority, launchTimeNs });
    this.#socket.send(payload, { to: this.#to, ...(launchTimeNs === undefined ? {} : { launchTimeNs }) });
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** The payload that the observer knows. */
export function record({
  flow = 0,
  seq = 0,
  priority = 0,
  launchTimeNs = 0n,
}: {
  flow?: number;
  seq?: number;
  priority?: number;
  launchTimeNs?: bigint | undefined;
}): Buffer {
  const payload = Buffer.alloc(recordBytes);
  encodeRecord({ flow, seq, priority, launchTimeNs, clock: 'none' }, payload);
  return payload;
}
