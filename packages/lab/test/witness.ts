import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addBpfFilter } from '@tsnctl/netlink';
import { type BpfMap, BpfObject, type BpfProgram, type Direction } from 'libbpf-ts';
import type { Host } from '../src/host.ts';

/** What one packet carried past a witness. */
export interface Sight {
  tstamp: bigint;
  priority: number;
  tstamp_type: number;
  length: number;
  ethertype: number;
  protocol: number;
  tcp_flags: number;
  /** Of the socket that the packet still has; 0n where it has none. */
  cookie: bigint;
}

export const verdicts = { next: -1, ok: 0 } as const; // TCX_NEXT, TC_ACT_OK in linux/pkt_cls.h

interface FilterOptions {
  priority?: number;
  handle?: number;
  verdict?: keyof typeof verdicts;
}

/** A program of somebody else on one hook: it notes every packet. */
export class Witness implements Disposable {
  readonly #resources = new DisposableStack();
  readonly #program: BpfProgram;
  readonly #sights: BpfMap<number, Sight>;
  readonly #seen: BpfMap<number, bigint>;

  private constructor(constants: { verdict: number; stamp: bigint }) {
    const path = fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/witness.bpf.o'));
    using object = BpfObject.open(readFileSync(path), 'witness').setConstants(constants).load();
    this.#program = this.#resources.use(object.program('witness'));
    this.#sights = this.#resources.use(object.map<number, Sight>('sights'));
    this.#seen = this.#resources.use(object.map<number, bigint>('seen'));
  }

  /** On tcx. `stamp` is written into every packet's tstamp, the type stays. */
  static tcx(
    host: Host,
    device: string,
    direction: Direction,
    { position = 'last', stamp = 0n }: { position?: 'first' | 'last'; stamp?: bigint } = {},
  ): Witness {
    const witness = new Witness({ verdict: verdicts.next, stamp });
    const ifindex = host.index(device);
    witness.#resources.use(witness.#program.attachTcx({ ifindex, direction, position, netns: host.netns }));
    return witness;
  }

  /** As a direct-action filter; the device has a clsact qdisc, with which it goes. */
  static filter(
    host: Host,
    device: string,
    hook: Direction,
    { priority = 1, handle, verdict = 'ok' }: FilterOptions = {},
  ): Witness {
    const witness = new Witness({ verdict: verdicts[verdict], stamp: 0n });
    host.request(
      addBpfFilter({
        index: host.index(device),
        hook,
        priority,
        ...(handle === undefined ? {} : { handle }),
        progFd: witness.#program.fd,
        name: 'witness',
        directAction: true,
      }),
    );
    return witness;
  }

  /** How many packets passed. */
  get seen(): number {
    return Number(this.#seen.get(0) ?? 0n);
  }

  /** What passed so far. */
  get sights(): Sight[] {
    return this.seen === 0 ? [] : this.#sights.list(this.seen);
  }

  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}
