import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BpfMap, BpfObject, type BpfProgram } from 'libbpf-ts';
import type { Host } from '../src/host.ts';
import { udpFrame } from './frame.ts';

interface Injection {
  tstamp: bigint;
  type: number;
  priority: number;
}

/** Sends packets out of a device as if they were forwarded: without a socket, with any timestamp. */
export class Injector implements Disposable {
  readonly #host: Host;
  readonly #program: BpfProgram;
  readonly #injection: BpfMap<number, Injection>;

  constructor(host: Host, device: string) {
    const path = fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/injector.bpf.o'));
    using object = BpfObject.open(readFileSync(path), 'injector')
      .setConstants({ device: host.index(device) })
      .load();
    this.#host = host;
    this.#program = object.program('injector');
    this.#injection = object.map<number, Injection>('injection');
  }

  send(payload: Uint8Array, injection: Partial<Injection> = {}): void {
    this.#injection.set(0, { tstamp: 0n, type: 0, priority: 0, ...injection });
    const { returned } = this.#host.netns.run(() => this.#program.testRun(udpFrame({ payload })));
    if (returned !== 0) throw new Error(`the injector answered ${returned}`);
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#injection[Symbol.dispose]();
  }
}
