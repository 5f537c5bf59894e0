import { toCniError } from '@tsnctl/cni';
import { isErrno, type NetNs } from '@tsnctl/linux';
import { ChangeQueue } from '../cni/change-queue.ts';
import { type Change, combine, concernsOf } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import type { Desired, Interface, Step, Via } from '../model.ts';
import type { Log } from './log.ts';

export interface NodeChangesOptions {
  readonly node: NetNs;
  readonly bpffs?: string;
  readonly log: Log;
  /** What a change came to; `ms` from the first attempt to its end. */
  readonly onDone?: (steps: readonly Step[], ms: number) => void;
  readonly onFailed?: (error: unknown) => void;
  /** Names of interfaces whose CNI chain may not be through yet. */
  readonly young?: () => readonly string[];
}

/** Loaded programs serve so long. Their window of launch times begins when they are loaded. */
const KEEP_PROGRAMS_MS = 3_600_000;
/** What a node answers whose interfaces come and go. */
const MOVING = ['ENODEV', 'ENOENT', 'NO_INTERFACE', 'NOT_VERIFIED', 'NO_POD_NAMESPACE'];
const ATTEMPTS = 3;
/** Pods that went before anything could be done for them would add up: what is older may be said again. */
const MOST_SAID = 1_000;

/** The one road by which the agent changes its node: collected, planned, applied, verified. */
export class NodeChanges implements AsyncDisposable {
  readonly proxy: MetadataProxy;
  readonly queue: ChangeQueue<Change>;
  readonly #options: NodeChangesOptions;
  /** What was said last of each thing, so that it is said once. */
  readonly #said = new Map<string, string>();
  #uplinks: readonly string[] = [];
  #qdiscs: ReadonlyMap<string, readonly string[]> = new Map();
  #via: Via | undefined;

  constructor(options: NodeChangesOptions) {
    this.#options = options;
    this.proxy = new MetadataProxy(options.node, {
      ...(options.bpffs !== undefined && { bpffs: options.bpffs }),
      keepMs: KEEP_PROGRAMS_MS,
    });
    this.queue = new ChangeQueue((changes) => this.#apply(changes), {
      isBusy: (error) => isErrno(error, 'LOCKED'),
    });
  }

  /** Where packets are restored, as of the last change. */
  get uplinks(): readonly string[] {
    return this.#uplinks;
  }

  /** Whether a pod's chain of plugins may not be through, and a filter of ours would be in its way. */
  mustWait(name: string): boolean {
    return this.#via === 'clsact' && (this.#options.young?.().includes(name) ?? false);
  }

  /** The kinds of qdiscs of each uplink, as of the last change. */
  get qdiscs(): ReadonlyMap<string, readonly string[]> {
    return this.#qdiscs;
  }

  /** Carry it out, and say what is refused, once. Never throws; whether it was carried out. */
  async attempt(what: string, change: Change): Promise<boolean> {
    try {
      await this.queue.submit(change);
      this.unsay(what);
      return true;
    } catch (error) {
      this.#options.onFailed?.(error);
      const { message, hint } = toCniError(error);
      this.say(what, `${what}: ${message}${hint ? `. Try: ${hint}` : ''}`);
      return false;
    }
  }

  /** Load what a pod will need in pod mode, when nobody waits for anything else. Never throws. */
  async prepare(ifindex: number): Promise<void> {
    do {
      await this.queue.idle();
      await new Promise(setImmediate); // whoever waited has the answer by then
    } while (this.queue.isBusy);
    try {
      this.proxy.prepare(ifindex);
    } catch (error) {
      this.say('prepare', `a program could not be loaded ahead: ${toCniError(error).message}`);
    }
  }

  /** Unless it was the last that was said of this. */
  say(what: string, line: string, level: 'info' | 'warn' = 'warn'): void {
    if (this.#said.get(what) === line) return;
    this.#said.set(what, line);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_SAID && oldest !== undefined) this.#said.delete(oldest);
    this.#options.log(line, { level });
  }

  /** It goes well now: what was said of it is said again where it does not. */
  unsay(what: string): void {
    this.#said.delete(what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.idle();
    this.proxy[Symbol.dispose]();
  }

  /** A pod that goes in the middle of it fails the whole: then it is seen that it is gone, and the rest is done. */
  #apply(changes: readonly Change[]): ReadonlyMap<Change, unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#applyOnce(changes);
      } catch (error) {
        if (attempt === ATTEMPTS || !isErrno(error, ...MOVING)) throw error;
      }
    }
  }

  /** A clsact qdisc that comes before its time makes plugins behind it fail: `bandwidth` wants to make its own. */
  #withoutYoung(desired: Desired): Desired {
    const left = desired.via === 'clsact' ? (this.#options.young?.() ?? []) : [];
    return left.length === 0 ? desired : { ...desired, left };
  }

  #applyOnce(changes: readonly Change[]): ReadonlyMap<Change, unknown> {
    const refused = new Map<Change, unknown>();
    const intent = combine(changes, (change, error) => refused.set(change, error));
    const start = performance.now();
    let desired: Desired | undefined;
    let interfaces: readonly Interface[] = [];
    const steps = this.proxy.change(
      (observed) => {
        desired = this.#withoutYoung(intent(observed));
        interfaces = observed.interfaces;
        return desired;
      },
      undefined,
      concernsOf(changes),
    );
    this.#uplinks = desired?.uplinks.map(({ name }) => name) ?? [];
    this.#via = desired?.via;
    const attached = interfaces.filter(({ name }) => this.#uplinks.includes(name));
    this.#qdiscs = new Map(attached.map(({ name, qdiscs }) => [name, qdiscs]));
    this.#options.onDone?.(steps, performance.now() - start);
    return refused;
  }
}
