import type { BpfProgram } from 'libbpf-ts';

/** So many wait for their pods at once. */
const MOST = 32;
/** A pod that asks does so while it starts. */
const UNASKED_MS = 10_000;

interface Ready {
  readonly program: BpfProgram;
  readonly timer: NodeJS.Timeout;
}

/**
 * Programs that are loaded for one pod each. Loading takes longer than most of what else is done for a pod, so it can
 * be done before somebody waits for it. They go by the pod's place in the tables: one that nobody took would serve
 * whoever comes there next.
 */
export class PodPrograms implements Disposable {
  readonly #load: (slot: number) => BpfProgram;
  readonly #most: number;
  /** In the order in which they were loaded. */
  readonly #ready = new Map<number, Ready>();

  constructor(load: (slot: number) => BpfProgram, most: number = MOST) {
    this.#load = load;
    this.#most = most;
  }

  /** Load one now; it is closed again where nobody takes it soon, or where many come after it. */
  prepare(slot: number): void {
    if (this.#ready.has(slot)) return;
    const program = this.#load(slot);
    const timer = setTimeout(() => this.#close(slot), UNASKED_MS);
    timer.unref();
    this.#ready.set(slot, { program, timer });
    const [oldest] = this.#ready.keys();
    if (oldest !== undefined && this.#ready.size > this.#most) this.#close(oldest);
  }

  /** The one for this place, loaded now if it was not before; the caller disposes it. */
  take(slot: number): BpfProgram {
    return this.#remove(slot) ?? this.#load(slot);
  }

  [Symbol.dispose](): void {
    for (const slot of [...this.#ready.keys()]) this.#close(slot);
  }

  #close(slot: number): void {
    this.#remove(slot)?.[Symbol.dispose]();
  }

  #remove(slot: number): BpfProgram | undefined {
    const ready = this.#ready.get(slot);
    clearTimeout(ready?.timer);
    this.#ready.delete(slot);
    return ready?.program;
  }
}
