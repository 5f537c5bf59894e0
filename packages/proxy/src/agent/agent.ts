import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AGENT_SOCKET, definePlugin, toCniError } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { isErrno, lock, NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Family, listRoutes } from '@tsnctl/netlink';
import { abilities } from '../abilities.ts';
import { ChangeQueue } from '../cni/change-queue.ts';
import { cniHandlers, type NotReady } from '../cni/handlers.ts';
import { isStillThere } from '../cni/locate.ts';
import { carryFor } from '../cni/pod-changes.ts';
import { type AttachmentRecord, describePod } from '../cni/record.ts';
import { Records, STATE_DIRECTORY } from '../cni/records.ts';
import { addUplink, type Change, combine, concernsOf } from '../intent.ts';
import { MetadataProxy } from '../metadata-proxy.ts';
import type { Desired, Mode, UplinkClock, Via } from '../model.ts';
import { findUplinks } from './find-uplinks.ts';
import type { Log } from './log.ts';
import { AgentServer } from './server.ts';

export interface AgentOptions {
  /** The node's network namespace. */
  readonly node: NetNs;
  /** Where to restore; found where none is named. */
  readonly uplinks?: readonly { readonly name: string; readonly clock?: UplinkClock }[];
  readonly socket?: string;
  readonly state?: string;
  readonly mode?: Mode;
  readonly via?: Via;
  readonly bpffs?: string;
  readonly log: Log;
  /** How often all is looked at again, whatever happens. */
  readonly everyMs?: number;
}

/**
 * It looks again this long after a pod has come or gone: others may have come without an ADD, and an interface goes
 * after our DEL and leaves a pin.
 */
const AFTER_CHANGE_MS = 1_000;
const EVERY_MS = 30_000;
/** Loaded programs serve so long. Their window of launch times begins when they are loaded. */
const KEEP_PROGRAMS_MS = 3_600_000;

/**
 * The resident process of a node: it answers the plugin, and keeps uplinks, strips and recorded pods in place.
 * When it ends, nothing of the data plane does.
 */
export class Agent implements AsyncDisposable {
  readonly #options: AgentOptions;
  readonly #proxy: MetadataProxy;
  readonly #records: Records;
  readonly #queue: ChangeQueue<Change>;
  readonly #server: AgentServer;
  readonly #resources = new DisposableStack();
  /** What was said last of each thing, so that it is said once. */
  readonly #said = new Map<string, string>();
  #uplinks: readonly string[] = [];
  #later: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | undefined;

  private constructor(options: AgentOptions) {
    this.#options = options;
    this.#proxy = this.#resources.use(
      new MetadataProxy(options.node, {
        ...(options.bpffs !== undefined && { bpffs: options.bpffs }),
        keepMs: KEEP_PROGRAMS_MS,
      }),
    );
    this.#records = new Records(options.state ?? STATE_DIRECTORY);
    this.#queue = new ChangeQueue((changes) => this.#apply(changes), {
      isBusy: (error) => isErrno(error, 'LOCKED'),
    });
    const handlers = cniHandlers({
      node: options.node,
      records: this.#records,
      queue: this.#queue,
      observe: () => this.#proxy.observe(),
      mode: options.mode ?? (abilities().hostMode ? 'host' : 'pod'),
      notReady: () => this.#notReady(),
      log: options.log,
    });
    const lookAgain = () => this.#lookAgain(AFTER_CHANGE_MS);
    const plugin = definePlugin({
      ...handlers,
      add: (request) => Promise.resolve(handlers.add(request)).finally(lookAgain),
      del: (request) => Promise.resolve(handlers.del(request)).finally(lookAgain),
      gc: (request) => Promise.resolve(handlers.gc?.(request)).finally(lookAgain),
    });
    this.#server = new AgentServer({ plugin, log: options.log });
  }

  /** Adopt what is there, strip every pod that nothing guards, then listen. */
  static async start(options: AgentOptions): Promise<Agent> {
    const agent = new Agent(options);
    try {
      await agent.#start();
      return agent;
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Take no more requests, end those that are under way, and leave the node as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#due = Number.NEGATIVE_INFINITY; // what ends now asks for no more looks
    clearTimeout(this.#later);
    await this.#server.close();
    await this.#looking;
    await this.#queue.idle();
    this.#resources.dispose();
  }

  async #start(): Promise<void> {
    const { socket = AGENT_SOCKET, log } = this.#options;
    mkdirSync(dirname(socket), { recursive: true, mode: 0o755 });
    this.#records.prepare();
    this.#resources.use(lockState(this.#records.directory));
    for (const name of this.#records.removeBroken())
      log(`${name} in the state directory was no record: removed`);
    await this.#look();
    await this.#server.listen(socket);
    const pods = this.#records.list().length;
    log(
      `ready: listening on ${socket}; uplinks ${this.#uplinks.join(', ') || 'none'}; ${pods} pods recorded`,
    );
    this.#lookAgain(this.#options.everyMs ?? EVERY_MS);
  }

  /** So long from now, or sooner if that is due already: pods that come all the time must not put it off. */
  #lookAgain(afterMs: number): void {
    const due = performance.now() + afterMs;
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#looking = this.#look().finally(() => this.#lookAgain(this.#options.everyMs ?? EVERY_MS));
    }, afterMs);
  }

  /** All that shall be there, once more: uplinks, recorded pods, and by that a strip on every other pod. */
  async #look(): Promise<void> {
    try {
      const pods = this.#records.list().filter((record) => this.#keep(record));
      await Promise.all([
        this.#submit('looking at the node', (_, desired) => desired),
        ...this.#wantedUplinks().map(({ name, clock }) =>
          this.#submit(`uplink ${name}`, addUplink(name, clock, this.#via)),
        ),
        ...pods.map((record) => this.#submit(describePod(record), ...changeOf(record))),
      ]);
      this.#say('uplinks', this.#notReady()?.message ?? `uplinks: ${this.#uplinks.join(', ')}`);
    } catch (error) {
      this.#say('look', `looking at the node failed: ${toCniError(error).message}`);
    }
  }

  async #submit(what: string, change?: Change): Promise<void> {
    if (!change) return;
    try {
      await this.#queue.submit(change);
      this.#said.delete(what);
    } catch (error) {
      const { message, hint } = toCniError(error);
      this.#say(what, `${what}: ${message}${hint ? `. Try: ${hint}` : ''}`);
    }
  }

  /** Whether a record's interface is still there; one without is dropped. */
  #keep(record: AttachmentRecord): boolean {
    if (record.carried.by !== 'programs' || isStillThere(this.#options.node, record.carried)) return true;
    this.#records.remove(record);
    this.#options.log(`${describePod(record)}: ${record.carried.name} is gone, and with it the record`);
    return false;
  }

  #wantedUplinks(): NonNullable<AgentOptions['uplinks']> {
    const { uplinks, node } = this.#options;
    if (uplinks !== undefined && uplinks.length > 0) return uplinks;
    using socket = NetlinkSocket.open({ netns: node });
    const routes = ([4, 6] as const satisfies Family[]).flatMap((family) =>
      socket.request(listRoutes({ family })),
    );
    return findUplinks(this.#proxy.observe(), routes);
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

  #applyOnce(changes: readonly Change[]): ReadonlyMap<Change, unknown> {
    const refused = new Map<Change, unknown>();
    const intent = combine(changes, (change, error) => refused.set(change, error));
    let desired: Desired | undefined;
    this.#proxy.change(
      (observed) => {
        desired = intent(observed);
        return desired;
      },
      undefined,
      concernsOf(changes),
    );
    this.#uplinks = desired?.uplinks.map(({ name }) => name) ?? [];
    return refused;
  }

  #notReady(): NotReady | undefined {
    if (this.#uplinks.length > 0) return undefined;
    return {
      message: 'no uplink is attached on this node: nothing would restore what pods send',
      hint: 'tsnctl agent --uplink IF, for the interface by which packets leave the node',
    };
  }

  get #via(): { via?: Via } {
    return this.#options.via === undefined ? {} : { via: this.#options.via };
  }

  #say(what: string, line: string): void {
    if (this.#said.get(what) === line) return;
    this.#said.set(what, line);
    this.#options.log(line);
  }
}

/** What a node answers whose interfaces come and go. */
const MOVING = ['ENODEV', 'ENOENT', 'NO_INTERFACE', 'NOT_VERIFIED', 'NO_POD_NAMESPACE'];
const ATTEMPTS = 3;

function changeOf({ carried, policy }: AttachmentRecord): [Change?] {
  return carried.by === 'programs' ? [carryFor(carried, policy, carried)] : [];
}

function lockState(directory: string): Disposable {
  try {
    return lock(directory);
  } catch (cause) {
    if (!isErrno(cause, 'LOCKED')) throw cause;
    throw new TsnctlError('AGENT_RUNS', `another agent keeps its records in ${directory}`, {
      hint: 'stop that one first; or --state and --socket of your own',
      cause,
    });
  }
}
