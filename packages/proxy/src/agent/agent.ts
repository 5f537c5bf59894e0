import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AGENT_SOCKET, type Plugin, toCniError } from '@tsnctl/cni';
import { abilities } from '../abilities.ts';
import { Records, STATE_DIRECTORY } from '../cni/records.ts';
import type { Mode, Step } from '../model.ts';
import type { AgentOptions, AgentSettings } from './agent-options.ts';
import { agentPlugin } from './agent-plugin.ts';
import { claimNamespace } from './claim-namespace.ts';
import { ConfigPolicies } from './config-policies.ts';
import { Follower } from './follower.ts';
import { Health } from './health.ts';
import { HookWatch } from './hook-watch.ts';
import { PodIdentifier } from './identify-pods.ts';
import { lockState } from './lock-state.ts';
import { AFTER_GONE_MS, type EventConcerns } from './look-after.ts';
import { AFTER_FAILURE_MS, LookTimer } from './look-timer.ts';
import { describeMended, describePinnedAgain } from './mended.ts';
import { NodeChanges } from './node-changes.ts';
import { NodeEvents } from './node-events.ts';
import { codeOf, NodeLook } from './node-look.ts';
import { OwnedFile } from './owned.ts';
import { PodTable } from './pod-table.ts';
import { Renewal } from './renewal.ts';
import { AgentServer } from './server.ts';
import { UnderWay } from './under-way.ts';
import { UplinkKeeper } from './uplink-keeper.ts';

const EVERY_MS = 30_000;
const RENEW_MS = 24 * 3_600_000;

/**
 * The resident process of a node: it keeps uplinks, strips and pods in place, by events and now and then by a look at
 * everything, and answers the plugin. When it ends, nothing of the data plane does.
 */
export class Agent implements AsyncDisposable {
  readonly #options: AgentOptions;
  #settings: AgentSettings;
  readonly #records: Records;
  readonly #owned: OwnedFile;
  readonly #changes: NodeChanges;
  readonly #pods: PodTable;
  readonly #follower: Follower;
  readonly #server: AgentServer;
  readonly #resources = new DisposableStack();
  readonly #uplinks: UplinkKeeper;
  readonly #renewal: Renewal;
  readonly #look: NodeLook;
  readonly #health: Health;
  /** Where the kernel has tcx: filters of clsact are told by events. */
  readonly #hooks: HookWatch | undefined;
  readonly #timer = this.#resources.use(
    new LookTimer(
      () => this.#lookNow(),
      (error) => this.#changes.say('look', `looking at the node failed: ${toCniError(error).message}`),
    ),
  );
  #events: NodeEvents | undefined;
  /** It goes through all records, and a plugin waits: so it is done after the answers. */
  readonly #saves = new UnderWay((error) => {
    this.#options.log(`what the agent keeps was not written: ${toCniError(error).message}`, {
      level: 'warn',
    });
  });

  private constructor(options: AgentOptions) {
    this.#options = options;
    this.#settings = options;
    const { node, log, metrics } = options;
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
    this.#look = new NodeLook({
      node,
      records: this.#records,
      changes: this.#changes,
      uplinks: this.#uplinks,
      follower: this.#follower,
      via: () => (this.#settings.via === undefined ? {} : { via: this.#settings.via }),
      log,
      metrics,
      onLooked: (isWhole) => this.#looked(isWhole),
    });
    this.#health = new Health({
      look: this.#look,
      pods: this.#pods,
      follower: this.#follower,
      changes: this.#changes,
    });
    if (abilities().tcx) {
      this.#hooks = new HookWatch({
        node,
        pins: this.#changes.proxy.pins,
        uplinks: () => this.#look.uplinks.map(({ ifindex }) => ifindex),
        pods: () => this.#pods.indices(),
        isLooking: () => this.#look.underWayMs !== undefined,
        onChanged: () => this.#timer.in(0),
        onPinnedAgain: (paths) => this.#pinnedAgain(paths),
        log,
      });
      this.#resources.use(this.#hooks);
    }
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
    this.#events?.[Symbol.dispose]();
    await this.#server.close();
    await this.#saves.idle();
    await this.#timer.idle();
    await this.#events?.idle();
    await this.#changes[Symbol.asyncDispose]();
    this.#resources.dispose();
  }

  async #start(): Promise<void> {
    const { socket = AGENT_SOCKET, log } = this.#options;
    mkdirSync(dirname(socket), { recursive: true, mode: 0o755 });
    this.#records.prepare();
    this.#resources.use(lockState(this.#records.directory));
    this.#resources.use(claimNamespace(this.#options.node));
    for (const name of this.#records.removeBroken())
      log(`${name} in the state directory was no record: removed`, { level: 'warn' });
    const owned = this.#owned.read();
    this.#uplinks.adopt(owned.uplinks);
    this.#renewal.loaded(owned.renewedAt);
    this.#follower.adopt(owned);
    this.#events = NodeEvents.open({
      node: this.#options.node,
      concerns: () => this.#concerns(),
      onPods: async (links) => {
        if (this.#settings.follow !== false) await this.#follower.seen(links);
      },
      onGone: (ifindex) => this.#follower.gone(ifindex),
      onDue: (ms) => this.#timer.in(ms),
      onLost: () => this.#lost(),
      log,
    });
    await this.#options.beforeFirstLook?.(this.#health);
    await this.#look.look();
    await this.#server.listen(socket);
    const pods = this.#records.list().length;
    log(
      `ready: listening on ${socket}; uplinks ${this.#changes.uplinks.join(', ') || 'none'}; ${pods} pods recorded`,
    );
    this.#timer.in(this.#everyMs);
    this.#hooks?.start();
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
      notReady: () => this.#health.notReady(),
      log,
      effective: (record) => this.#follower.effective(record),
      onGone: () => this.#timer.in(AFTER_GONE_MS),
      onAnswered: (command, code) => {
        this.#saves.soon(this.#save);
        metrics?.cniAnswered(command, code);
      },
    });
  }

  #concerns(): EventConcerns {
    const uplinks = new Set(this.#look.uplinks.map(({ ifindex }) => ifindex));
    return {
      isUplink: (ifindex) => uplinks.has(ifindex),
      isPod: (ifindex) => this.#pods.get(ifindex) !== undefined,
      isConcerned: (event) => this.#uplinks.isConcerned(event),
    };
  }

  /** What is wanted is another thing than before. */
  #lookAnew(): void {
    this.#look.expectNews();
    this.#timer.in(0);
  }

  #lost(): void {
    this.#options.metrics?.eventsLost();
    this.#options.log('more has happened than was heard of: looking at everything', { level: 'warn' });
    this.#timer.in(0);
  }

  async #lookNow(): Promise<void> {
    this.#renewal.renewIfDue();
    this.#hooks?.pinAgain();
    const looked = await this.#look.look();
    this.#timer.in(looked ? this.#everyMs : Math.min(AFTER_FAILURE_MS, this.#everyMs));
  }

  #looked(isWhole: boolean): void {
    this.#hooks?.learn(isWhole);
    const why = this.#health.notReady()?.message;
    this.#changes.say(
      'uplinks',
      why ?? `uplinks: ${this.#changes.uplinks.join(', ')}`,
      why === undefined ? 'info' : 'warn',
    );
    this.#report(why);
    this.#save(); // last: where it cannot, it is looked again soon
  }

  #changed(steps: readonly Step[]): void {
    const { metrics, log } = this.#options;
    metrics?.steps(steps.map((step) => step.do));
    this.#hooks?.changed(steps);
    if (steps.some((step) => step.do === 'create-tables')) this.#renewal.loaded();
    const mended = this.#look.mended(steps);
    if (mended.length === 0) return;
    metrics?.drift(mended.map((step) => step.do));
    log(describeMended(mended), { level: 'warn', steps: mended.length });
  }

  #pinnedAgain(paths: readonly string[]): void {
    this.#options.metrics?.drift(paths.map(() => 'pin'));
    this.#options.log(describePinnedAgain(paths), { level: 'warn' });
  }

  readonly #save = (): void => {
    this.#owned.write({
      uplinks: this.#uplinks.own,
      pods: this.#follower.owned(),
      decided: this.#follower.decided(),
      renewedAt: this.#renewal.renewedAt,
    });
  };

  #report(reason: string | undefined): void {
    this.#options.sink?.report({
      ready: reason === undefined,
      ...(reason !== undefined && { reason }),
      uplinks: this.#changes.uplinks,
      pods: this.#follower.carried(),
    });
  }

  get #everyMs(): number {
    return this.#settings.everyMs ?? EVERY_MS;
  }

  get #mode(): Mode {
    return this.#settings.mode ?? (abilities().hostMode ? 'host' : 'pod');
  }
}
