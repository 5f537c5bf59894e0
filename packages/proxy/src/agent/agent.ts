import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AGENT_SOCKET, type Plugin, toCniError } from '@tsnctl/cni';
import { TsnctlError } from '@tsnctl/codec';
import { NetlinkEvents, NetlinkSocket } from '@tsnctl/linux';
import { type Link, listLinks, type NetlinkEvent } from '@tsnctl/netlink';
import type { TcxHook } from 'libbpf-ts';
import { abilities } from '../abilities.ts';
import type { NotReady } from '../cni/handlers.ts';
import { isStillThere } from '../cni/locate.ts';
import { type AttachmentRecord, describePod } from '../cni/record.ts';
import { Records, STATE_DIRECTORY } from '../cni/records.ts';
import { addUplink, removeUplink } from '../intent.ts';
import { isPodSide } from '../interfaces-of.ts';
import type { Mode, Step, Via } from '../model.ts';
import type { AgentHealth, AgentOptions, AgentSettings } from './agent-options.ts';
import { agentPlugin } from './agent-plugin.ts';
import { ConfigPolicies } from './config-policies.ts';
import { Follower } from './follower.ts';
import { PodIdentifier } from './identify-pods.ts';
import { lockState } from './lock-state.ts';
import { LookTimer } from './look-timer.ts';
import { describeMended, mendingSteps } from './mended.ts';
import type { MetricsView } from './metrics.ts';
import { metricsView } from './metrics-view.ts';
import { NodeChanges } from './node-changes.ts';
import { OrderWatch } from './order-watch.ts';
import { OwnedFile } from './owned.ts';
import { PodTable } from './pod-table.ts';
import { Renewal } from './renewal.ts';
import { AgentServer } from './server.ts';
import { UnderWay } from './under-way.ts';
import { UplinkKeeper } from './uplink-keeper.ts';

/** It looks again this long after a pod has gone: its interface goes after our DEL, and leaves a pin. */
const AFTER_GONE_MS = 1_000;
/** After an event that is about more than one pod: the next ones are waited for. */
const AFTER_EVENT_MS = 100;
const EVERY_MS = 30_000;
/** After a look at which nothing could be done at all: somebody may be about to mend what was in the way. */
const AFTER_FAILURE_MS = 1_000;
const RENEW_MS = 24 * 3_600_000;
/** How often hooks are asked whether somebody else has changed them. */
const ORDER_MS = 1_000;
/** A look that takes longer than this is one that hangs. */
const UNWELL_MS = 60_000;

/**
 * The resident process of a node: it keeps uplinks, strips and pods in place, by events and now and then by a look at
 * everything, and answers the plugin. When it ends, nothing of the data plane does.
 */
export class Agent implements AgentHealth, AsyncDisposable {
  readonly #options: AgentOptions;
  #settings: AgentSettings;
  readonly #records: Records;
  readonly #owned: OwnedFile;
  readonly #changes: NodeChanges;
  readonly #pods: PodTable;
  readonly #follower: Follower;
  readonly #server: AgentServer;
  readonly #resources = new DisposableStack();
  readonly #underWay: UnderWay;
  readonly #uplinks: UplinkKeeper;
  readonly #renewal: Renewal;
  readonly #order: OrderWatch;
  #ordering: NodeJS.Timeout | undefined;
  readonly #timer = this.#resources.use(new LookTimer(() => this.#lookNow()));
  #events: NetlinkEvents | undefined;
  #lookingSince: number | undefined;
  #lookedOnce = false;
  /** What differs in the next look is as somebody wanted it, not drift. */
  #isNew = true;
  /** Which tables were pinned after the last look. */
  #tableIds: string | undefined;
  /** After the last look. */
  #attachedUplinks: readonly { readonly ifindex: number; readonly name: string }[] = [];
  /** Of each uplink after the last look: others may want another clock. */
  #formerQdiscs: ReadonlyMap<string, readonly string[]> = new Map();
  /** Interfaces that were in order after the last look. */
  #inPlace: ReadonlySet<number> = new Set();

  private constructor(options: AgentOptions) {
    this.#options = options;
    this.#settings = options;
    const { node, log, metrics } = options;
    this.#underWay = new UnderWay(log);
    this.#records = new Records(options.state ?? STATE_DIRECTORY);
    this.#owned = new OwnedFile(this.#records.directory);
    this.#changes = new NodeChanges({
      node,
      ...(options.bpffs !== undefined && { bpffs: options.bpffs }),
      log,
      onDone: (steps) => this.#changed(steps),
      onFailed: (error) => metrics?.planFailed(codeOf(error)),
      young: () => this.#pods.young(),
    });
    this.#uplinks = new UplinkKeeper({
      node,
      named: () => this.#settings.uplinks ?? [],
      more: () => this.#settings.moreUplinks ?? [],
      attached: () => this.#changes.uplinks,
      observe: () => this.#changes.proxy.observe(),
    });
    this.#renewal = new Renewal({
      renew: () => this.#changes.proxy.renew(),
      everyMs: () => this.#settings.renewMs ?? RENEW_MS,
      log,
      onRenewed: () => metrics?.renewed(),
    });
    this.#order = new OrderWatch(node);
    this.#pods = new PodTable(new PodIdentifier(node, options.identify));
    const source = options.source ?? new ConfigPolicies();
    this.#follower = this.#resources.use(
      new Follower({
        pods: this.#pods,
        source,
        records: this.#records,
        changes: this.#changes,
        mode: () => this.#mode,
        log,
        ...(metrics && { onAttached: (seconds: number) => metrics.attached(seconds) }),
      }),
    );
    this.#resources.use(source.subscribe(() => this.#lookAnew()));
    this.#server = new AgentServer({ plugin: this.#plugin(), log });
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

  /** Other settings from now on. */
  configure(settings: AgentSettings): void {
    this.#settings = settings;
    this.#lookAnew();
  }

  /** Take no more requests, end those that are under way, and leave the node as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer[Symbol.dispose]();
    clearInterval(this.#ordering);
    this.#events?.[Symbol.dispose]();
    await this.#server.close();
    await this.#timer.idle();
    await this.#underWay.idle();
    await this.#changes[Symbol.asyncDispose]();
    this.#resources.dispose();
  }

  /** Why no pod can be served just now, if so. */
  notReady(): NotReady | undefined {
    if (!this.#lookedOnce) return { message: 'the node was not looked at yet', hint: 'in a moment' };
    if (this.#changes.uplinks.length > 0) return undefined;
    return {
      message: 'no uplink is attached on this node: nothing would restore what pods send',
      hint: 'tsnctl agent --uplink IF, for the interface by which packets leave the node',
    };
  }

  /** Why the agent itself is not well, if so. */
  notWell(): string | undefined {
    const forMs = this.#lookingSince === undefined ? 0 : performance.now() - this.#lookingSince;
    return forMs > UNWELL_MS ? `a look at the node takes ${Math.round(forMs / 1_000)} s by now` : undefined;
  }

  /** For the metrics. */
  get view(): MetricsView {
    return metricsView({
      ready: () => this.notReady() === undefined,
      pods: this.#pods,
      follower: this.#follower,
      changes: this.#changes,
      uplinks: () => this.#attachedUplinks,
    });
  }

  async #start(): Promise<void> {
    const { socket = AGENT_SOCKET, log } = this.#options;
    mkdirSync(dirname(socket), { recursive: true, mode: 0o755 });
    this.#records.prepare();
    this.#resources.use(lockState(this.#records.directory));
    for (const name of this.#records.removeBroken())
      log(`${name} in the state directory was no record: removed`, { level: 'warn' });
    const owned = this.#owned.read();
    this.#uplinks.adopt(owned.uplinks);
    this.#renewal.loaded(owned.renewedAt);
    this.#follower.adopt(owned.pods);
    this.#events = NetlinkEvents.open({
      netns: this.#options.node,
      groups: ['link', 'qdisc', 'route'],
      onEvents: (events) => this.#underWay.add(this.#heard(events)),
      onLost: () => this.#lost(),
    });
    await this.#options.beforeFirstLook?.(this);
    await this.#look();
    await this.#server.listen(socket);
    const pods = this.#records.list().length;
    log(
      `ready: listening on ${socket}; uplinks ${this.#changes.uplinks.join(', ') || 'none'}; ${pods} pods recorded`,
    );
    this.#timer.in(this.#everyMs);
    if (abilities().tcx) this.#ordering = setInterval(() => this.#watchOrder(), ORDER_MS);
  }

  /** Another's program ahead of ours, or ours taken off, or our tables' pins: no event tells that. */
  #watchOrder(): void {
    if (this.#lookingSince !== undefined || this.#changes.uplinks.length === 0) return;
    const tablesAreOthers = this.#tableIds !== this.#changes.proxy.pins.tableIds();
    if (this.#order.hasChanged(this.#hooks()) || tablesAreOthers) this.#timer.in(0);
  }

  /** Those that are ours on this node. */
  #hooks(): TcxHook[] {
    const uplinks = this.#attachedUplinks.map(({ ifindex }) => ({ ifindex, direction: 'egress' }) as const);
    const pods = this.#pods.indices().map((ifindex) => ({ ifindex, direction: 'ingress' }) as const);
    return [...uplinks, ...pods];
  }

  #plugin(): Pick<Plugin, 'answer'> {
    const { node, log, metrics } = this.#options;
    const mode = () => this.#mode;
    return agentPlugin({
      node,
      records: this.#records,
      queue: this.#changes.queue,
      observe: () => this.#changes.proxy.observe(),
      get mode() {
        return mode();
      },
      notReady: () => this.notReady(),
      log,
      effective: (record) => this.#follower.effective(record),
      onGone: () => this.#timer.in(AFTER_GONE_MS),
      onAnswered: (command, code) => metrics?.cniAnswered(command, code),
    });
  }

  /** New pods at once; what is about more, soon. */
  async #heard(events: readonly NetlinkEvent[]): Promise<void> {
    const came: Link[] = [];
    for (const event of events) {
      if (event.what === 'link' && event.gone) {
        this.#follower.gone(event.link.index);
        this.#timer.in(AFTER_GONE_MS);
      } else if (this.#uplinks.isConcerned(event)) this.#timer.in(AFTER_EVENT_MS);
      else if (event.what === 'link' && isPodSide(event.link)) came.push(event.link);
    }
    if (came.length > 0 && this.#settings.follow !== false) await this.#follower.seen(came);
  }

  /** What is wanted is another thing than before. */
  #lookAnew(): void {
    this.#isNew = true;
    this.#timer.in(0);
  }

  #lost(): void {
    this.#options.metrics?.eventsLost();
    this.#options.log('more has happened than was heard of: looking at everything', { level: 'warn' });
    this.#timer.in(0);
  }

  async #lookNow(): Promise<void> {
    this.#renewal.renewIfDue();
    const looked = await this.#look();
    this.#timer.in(looked ? this.#everyMs : Math.min(AFTER_FAILURE_MS, this.#everyMs));
  }

  /**
   * All that shall be there, once more: uplinks, recorded pods, and by that a strip on every other pod. Returns
   * whether nothing was in the way of all of it, nor of an uplink that is there.
   */
  async #look(): Promise<boolean> {
    const start = performance.now();
    this.#lookingSince = start;
    try {
      for (const record of this.#records.list()) this.#dropGone(record);
      const wanted = this.#uplinks.wanted();
      const links = this.#links();
      const isThere = (name: string) => links.some((link) => link.name === name);
      const looked = this.#changes.attempt('looking at the node', (_, desired) => desired);
      const looks = [
        ...wanted.map(({ name, clock }) =>
          this.#changes.attempt(
            `uplink ${name}`,
            addUplink(name, clock, { ...this.#via, formerQdiscs: this.#formerQdiscs.get(name) }),
          ),
        ),
        ...this.#uplinks
          .dropped(links)
          .map((name) => this.#changes.attempt(`uplink ${name}`, removeUplink(name))),
        this.#follower.look(links.filter(({ name }) => !wanted.some((uplink) => uplink.name === name))),
      ];
      await Promise.all([looked, ...looks]);
      this.#lookedOnce = true;
      this.#isNew = false;
      this.#inPlace = new Set(links.map(({ index }) => index));
      this.#attachedUplinks = links
        .filter(({ name }) => this.#changes.uplinks.includes(name))
        .map(({ index: ifindex, name }) => ({ ifindex, name }));
      if (abilities().tcx) this.#order.learn(this.#hooks());
      this.#tableIds = this.#changes.proxy.pins.tableIds();
      this.#formerQdiscs = this.#changes.qdiscs;
      this.#uplinks.claim(wanted);
      this.#save();
      const why = this.notReady()?.message;
      this.#changes.say(
        'uplinks',
        why ?? `uplinks: ${this.#changes.uplinks.join(', ')}`,
        why === undefined ? 'info' : 'warn',
      );
      this.#report(why);
      this.#options.metrics?.checked((performance.now() - start) / 1_000);
      return (
        (await looked) && !wanted.some(({ name }) => isThere(name) && !this.#changes.uplinks.includes(name))
      );
    } catch (error) {
      this.#options.metrics?.planFailed(codeOf(error));
      this.#changes.say('look', `looking at the node failed: ${toCniError(error).message}`);
      return false;
    } finally {
      this.#lookingSince = undefined;
    }
  }

  #changed(steps: readonly Step[]): void {
    this.#options.metrics?.steps(steps.map((step) => step.do));
    const ours = new Set(steps.flatMap((step) => ('ifindex' in step ? [step.ifindex] : [])));
    if (abilities().tcx) this.#order.changed(this.#hooks().filter(({ ifindex }) => ours.has(ifindex)));
    if (steps.some((step) => step.do === 'create-tables')) this.#renewal.loaded();
    if (this.#isNew || this.#lookingSince === undefined) return;
    const mended = mendingSteps(steps, this.#inPlace);
    if (mended.length === 0) return;
    this.#options.metrics?.drift(mended.map((step) => step.do));
    this.#options.log(describeMended(mended), { level: 'warn', steps: mended.length });
  }

  /** Whether a record's interface is still there; one without is dropped. */
  #dropGone(record: AttachmentRecord): void {
    if (record.carried.by !== 'programs' || isStillThere(this.#options.node, record.carried)) return;
    this.#records.remove(record);
    this.#options.log(`${describePod(record)}: ${record.carried.name} is gone, and with it the record`);
  }

  #save(): void {
    this.#owned.write({
      uplinks: this.#uplinks.own,
      pods: this.#follower.owned(),
      renewedAt: this.#renewal.renewedAt,
    });
  }

  #report(reason: string | undefined): void {
    this.#options.sink?.report({
      ready: reason === undefined,
      ...(reason !== undefined && { reason }),
      uplinks: this.#changes.uplinks,
      pods: this.#follower.carried(),
    });
  }

  #links(): Link[] {
    using socket = NetlinkSocket.open({ netns: this.#options.node });
    return socket.request(listLinks());
  }

  get #everyMs(): number {
    return this.#settings.everyMs ?? EVERY_MS;
  }

  get #mode(): Mode {
    return this.#settings.mode ?? (abilities().hostMode ? 'host' : 'pod');
  }

  get #via(): { via?: Via } {
    return this.#settings.via === undefined ? {} : { via: this.#settings.via };
  }
}

function codeOf(error: unknown): string {
  return error instanceof TsnctlError ? error.code : 'FAILED';
}
