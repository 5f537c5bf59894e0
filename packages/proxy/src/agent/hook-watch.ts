import { type FSWatcher, statSync, watch } from 'node:fs';
import { isErrno, type NetNs } from '@tsnctl/linux';
import type { TcxHook } from 'libbpf-ts';
import type { Step } from '../model.ts';
import type { Pins } from '../pins.ts';
import { HeldLinks } from './held-links.ts';
import type { Log } from './log.ts';
import { OrderWatch } from './order-watch.ts';

export interface HookWatchOptions {
  readonly node: NetNs;
  readonly pins: Pins;
  readonly uplinks: () => readonly number[];
  readonly pods: () => readonly number[];
  /** While it is, whatever is found may be a change of our own. */
  readonly isLooking: () => boolean;
  /** Something of ours is not as it was left. */
  readonly onChanged: () => void;
  /** Pins that were removed, and are back: whose programs never were off. */
  readonly onPinnedAgain?: (paths: readonly string[]) => void;
  readonly log: Log;
}

/** How often uplinks are asked whether somebody has changed their hooks. */
const UPLINKS_MS = 400;
/** With each third time, pods are, too. */
const PODS_EVERY = 3;
/** While another process changes the node, its pins are its own affair. */
const AGAIN_MS = 20;

/**
 * Tells when somebody else takes off what is ours or gets ahead of it, by tcx. No event tells that: so hooks are asked
 * for their revision, uplinks most often, as there a word that is not restored leaves the node. A pin that is removed
 * is told by the file system, and does no harm as its link is held.
 */
export class HookWatch implements Disposable {
  readonly #options: HookWatchOptions;
  readonly #order: OrderWatch;
  readonly #held: HeldLinks;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #turn = 0;
  /** What was told last of what is in the way. */
  #failed = '';
  /** Those that are ours on this node. Asked often: so they are laid out when they change. */
  #hooks: { readonly uplinks: readonly TcxHook[]; readonly all: readonly TcxHook[] } = {
    uplinks: [],
    all: [],
  };
  /** Which tables were pinned after the last look. */
  #tables: string | undefined;
  #watchers: { readonly watcher: FSWatcher; readonly ino: number }[] = [];

  constructor(options: HookWatchOptions) {
    this.#options = options;
    this.#order = new OrderWatch(options.node);
    this.#held = new HeldLinks(options.pins);
  }

  start(): void {
    this.#timer = setInterval(() => this.#attempt(() => this.#ask()), UPLINKS_MS);
  }

  /** Everything was looked at. What is there now is as it should be, if nothing was in the way of that. */
  learn(isWhole: boolean): void {
    const { pins } = this.#options;
    this.#layOut();
    this.#order.learn(this.#hooks.all);
    const areBack = this.pinAgain(); // those that went since the look has seen them
    this.#tables = pins.tableIds();
    if (isWhole && areBack) this.#held.hold(); // else what is held is all that keeps programs on, where pins are lost
    this.#watchPins();
  }

  /** These steps were ours, and are done whatever comes of this. */
  changed(steps: readonly Step[]): void {
    const ours = new Set(steps.flatMap((step) => ('ifindex' in step ? [step.ifindex] : [])));
    if (ours.size === 0) return;
    this.#attempt(() => {
      this.#layOut();
      this.#order.changed(this.#hooks.all.filter(({ ifindex }) => ours.has(ifindex)));
      this.#held.hold(ours);
    });
  }

  /**
   * Pins of links that nobody has detached come back, unless the tables went, too: their programs would serve none.
   * These stay on as long as nothing has taken their place. Returns whether none is missing that could be back.
   */
  pinAgain(): boolean {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const { log, onPinnedAgain } = this.#options;
    try {
      if (!this.#tablesAreThere) return true;
      const paths = this.#held.pinAgain();
      if (paths.length > 0) onPinnedAgain?.(paths);
      return true;
    } catch (error) {
      if (isErrno(error, 'LOCKED')) this.#soon = setTimeout(() => this.pinAgain(), AGAIN_MS);
      else log(`pins that were removed cannot be put back: ${error}`, { level: 'warn' });
      return false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    for (const { watcher } of this.#watchers) watcher.close();
    this.#held[Symbol.dispose]();
  }

  /** No timer ends the agent: what is in the way is told once, and the next time it is tried again. */
  #attempt(action: () => void): void {
    try {
      action();
      this.#failed = '';
    } catch (error) {
      const failed = `the hooks cannot be watched: ${error}`;
      if (failed !== this.#failed) this.#options.log(failed, { level: 'warn' });
      this.#failed = failed;
    }
  }

  #ask(): void {
    const { isLooking, onChanged } = this.#options;
    const { uplinks, all } = this.#hooks;
    if (isLooking() || uplinks.length === 0) return;
    this.#turn = (this.#turn + 1) % PODS_EVERY;
    if (this.#turn > 0) {
      if (this.#order.hasChanged(uplinks)) onChanged();
    } else if (this.#order.hasChanged(all) || !this.#tablesAreThere) onChanged();
  }

  get #tablesAreThere(): boolean {
    return this.#tables !== undefined && this.#tables === this.#options.pins.tableIds();
  }

  #layOut(): void {
    const uplinks = this.#options.uplinks().map((ifindex) => ({ ifindex, direction: 'egress' }) as const);
    const pods = this.#options.pods().map((ifindex) => ({ ifindex, direction: 'ingress' }) as const);
    this.#hooks = { uplinks, all: [...uplinks, ...pods] };
  }

  /** The directories of the pins that are there now; one that was made anew is another. */
  #watchPins(): void {
    const { pins } = this.#options;
    const inodes = pins.directories.map((path) => statSync(path, { throwIfNoEntry: false })?.ino);
    const watched = this.#watchers.map(({ ino }) => ino);
    if (inodes.join() === watched.join()) return;
    for (const { watcher } of this.#watchers.splice(0)) watcher.close();
    for (const [at, path] of pins.directories.entries()) {
      const ino = inodes[at];
      if (ino !== undefined) this.#watchOne(path, ino);
    }
  }

  #watchOne(path: string, ino: number): void {
    try {
      const watcher = watch(path, () => this.#pinsChanged());
      watcher.on('error', () => watcher.close());
      this.#watchers.push({ watcher, ino });
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOSPC', 'EMFILE')) throw error; // then by the clock alone
    }
  }

  /** What has happened to many pins is one thing. */
  #pinsChanged(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      const { isLooking, onChanged, uplinks } = this.#options;
      if (isLooking() || uplinks().length === 0) return;
      this.#attempt(() => {
        if (this.#tablesAreThere) this.pinAgain();
        if (!this.#tablesAreThere || this.#held.replaced) onChanged();
      });
    }, 0);
  }
}
