import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Via } from '@tsnctl/proxy';
import { type BpfMap, BpfObject, type Direction } from 'libbpf-ts';
import type { Host } from './host.ts';
import { placeLast } from './place-last.ts';

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
  /** Into how many the packet is cut later; 0 for one that is whole. */
  segments: number;
  /** Where in its datagram the fragment begins, in bytes. */
  fragment: number;
  /** The VLAN tag, with VLAN_PRESENT; 0 without one. */
  vlan: number;
  /** The number of its packet: several records may be in one. */
  packet: number;
}

interface Tally {
  packets: bigint;
  observed: bigint;
  tagged: bigint;
}

const VLAN_PRESENT = 0x10000;

/** The priority in a frame's VLAN tag (PCP, IEEE 802.1Q), undefined without a tag. */
export function pcpOf({ vlan }: Observation): number | undefined {
  return vlan & VLAN_PRESENT ? (vlan >> 13) & 7 : undefined;
}

export interface ObserverOptions {
  via?: Via | undefined;
  /** What leaves by the device, by default. */
  direction?: Direction;
  /** A device in front of it whose packets come out encrypted: there they are told apart. */
  readableAt?: string | undefined;
}

/** Watches NICs' egress from behind every other program: what the qdisc will see. */
export class Observer implements Disposable {
  readonly #resources = new DisposableStack();
  readonly #observations: BpfMap<number, Observation>;
  readonly #tally: BpfMap<number, Tally>;

  constructor(host: Host, devices: string | readonly string[], options: ObserverOptions = {}) {
    const { via = 'tcx', direction = 'egress', readableAt } = options;
    using object = BpfObject.open(
      readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/observer.bpf.o'))),
      'observer',
    ).load();
    using program = object.program('observer');
    this.#observations = this.#resources.use(object.map<number, Observation>('observations'));
    this.#tally = this.#resources.use(object.map<number, Tally>('tally'));
    for (const device of [devices].flat())
      this.#resources.use(placeLast(program, { host, device, direction, via }));
    if (readableAt === undefined) return;
    using tagger = object.program('tagger');
    this.#resources.use(placeLast(tagger, { host, device: readableAt, direction, via }));
  }

  /** All packets that passed, talker records or not. */
  get packets(): number {
    return Number(this.#tally.get(0)?.packets ?? 0n);
  }

  /** Talker records that passed since the last `take`. */
  get observed(): number {
    return Number(this.#tally.get(0)?.observed ?? 0n);
  }

  /** What passed since the last call: all of it, or with `atMost` the first that there was room for. */
  take({ atMost = false } = {}): Observation[] {
    const { observed } = this;
    const { maxEntries } = this.#observations;
    if (observed > maxEntries && !atMost)
      throw new Error(`the observer has seen ${observed} records, too many`);
    const observations = observed === 0 ? [] : this.#observations.list(Math.min(observed, maxEntries));
    this.#tally.set(0, { packets: 0n, observed: 0n, tagged: 0n });
    return observations;
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
