import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addBpfFilter, addQdisc } from '@tsnctl/netlink';
import type { Via } from '@tsnctl/proxy';
import { type BpfMap, BpfObject } from 'libbpf-ts';
import type { Host } from './host.ts';

/** What one packet carried past the observer, beside what its payload says that the sender asked for. */
export interface Observation {
  flow: number;
  seq: number;
  asked_priority: number;
  asked_clock: number;
  asked_time_ns: bigint;
  tstamp: bigint;
  priority: number;
  tstamp_type: number;
  ifindex: number;
  queue: number;
}

interface Tally {
  packets: bigint;
  observed: bigint;
}

/** A filter's priority behind all others. */
const LAST_PRIORITY = 0xffff;

/** Watches a NIC's egress from behind every other program: what the qdisc will see. */
export class Observer implements Disposable {
  readonly #resources = new DisposableStack();
  readonly #observations: BpfMap<number, Observation>;
  readonly #tally: BpfMap<number, Tally>;

  /** `via`: how the programs before it are attached; filters run after every tcx program. */
  constructor(host: Host, device: string, via: Via = 'tcx') {
    using object = BpfObject.open(
      readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/observer.bpf.o'))),
      'observer',
    ).load();
    using program = object.program('observer');
    this.#observations = this.#resources.use(object.map<number, Observation>('observations'));
    this.#tally = this.#resources.use(object.map<number, Tally>('tally'));
    const index = host.index(device);
    if (via === 'tcx') {
      const place = { ifindex: index, direction: 'egress', netns: host.netns } as const;
      this.#resources.use(program.attachTcx({ ...place, position: 'last' }));
      return;
    }
    const place = { index, hook: 'egress', priority: LAST_PRIORITY } as const;
    host.request(addQdisc({ index, kind: 'clsact' }));
    host.request(addBpfFilter({ ...place, progFd: program.fd, name: 'observer', directAction: true }));
  }

  /** All packets that passed, talker records or not. */
  get packets(): number {
    return Number(this.#tally.get(0)?.packets ?? 0n);
  }

  /** Talker records that passed since the last `take`. */
  get observed(): number {
    return Number(this.#tally.get(0)?.observed ?? 0n);
  }

  /** What passed since the last call. */
  take(): Observation[] {
    const { observed } = this;
    if (observed > this.#observations.maxEntries)
      throw new Error(`the observer has seen ${observed} records, too many`);
    const observations = observed === 0 ? [] : this.#observations.list(observed);
    this.#tally.set(0, { packets: 0n, observed: 0n });
    return observations;
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
