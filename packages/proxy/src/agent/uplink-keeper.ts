import { NetlinkSocket, type NetNs } from '@tsnctl/linux';
import { type Family, type Link, listRoutes, type NetlinkEvent, qdiscFacts } from '@tsnctl/netlink';
import type { Observed, UplinkClock } from '../model.ts';
import { findUplinks } from './find-uplinks.ts';

export interface WantedUplink {
  readonly name: string;
  readonly clock?: UplinkClock | undefined;
}

export interface UplinkKeeperOptions {
  readonly node: NetNs;
  /** The uplinks that are named; none: they are found. */
  readonly named: () => readonly WantedUplink[];
  /** Besides these, or with another clock than was found. */
  readonly more?: () => readonly WantedUplink[];
  /** Those that are attached. */
  readonly attached: () => readonly string[];
  readonly observe: () => Observed;
}

/** Which uplinks a node shall have, and which of those that are attached the agent may take off again. */
export class UplinkKeeper {
  readonly #options: UplinkKeeperOptions;
  #own: ReadonlySet<string> = new Set();

  constructor(options: UplinkKeeperOptions) {
    this.#options = options;
  }

  /** Those that a former agent attached. */
  adopt(names: readonly string[]): void {
    this.#own = new Set(names);
  }

  get own(): string[] {
    return [...this.#own];
  }

  wanted(): readonly WantedUplink[] {
    const { named, more = () => [] } = this.#options;
    const first = named().length > 0 ? named() : this.#found();
    const others = new Set(more().map(({ name }) => name));
    return [...first.filter(({ name }) => !others.has(name)), ...more()];
  }

  #found(): readonly WantedUplink[] {
    const { node, observe } = this.#options;
    using socket = NetlinkSocket.open({ netns: node });
    const routes = ([4, 6] as const satisfies Family[]).flatMap((family) =>
      socket.request(listRoutes({ family })),
    );
    return findUplinks(observe(), routes);
  }

  /** What an earlier configuration named and this one does not. One that was found is kept: routes come back. */
  dropped(links: readonly Link[]): string[] {
    const { named, more = () => [] } = this.#options;
    if (named().length === 0) return [];
    const names = [...named(), ...more()].map(({ name }) => name);
    return links.map(({ name }) => name).filter((name) => this.#own.has(name) && !names.includes(name));
  }

  /** What is attached now of what was wanted is ours. */
  claim(wanted: readonly WantedUplink[]): void {
    const attached = this.#options.attached();
    const names = [...wanted.map(({ name }) => name), ...this.#own];
    this.#own = new Set(names.filter((name) => attached.includes(name)));
  }

  /** Whether an event may make other uplinks, or another clock of one. */
  isConcerned(event: NetlinkEvent): boolean {
    const { named, attached } = this.#options;
    if (event.what === 'route') return event.isDefault && named().length === 0;
    if (event.what === 'qdisc') {
      const { timeAware, multiClass } = qdiscFacts(event.qdisc.kind);
      return timeAware || multiClass || event.qdisc.kind === 'clsact';
    }
    if (event.what !== 'link' || event.gone) return false;
    const { name, kind } = event.link;
    const isNamed = named().some((uplink) => uplink.name === name);
    return (isNamed || kind === undefined) && !attached().includes(name);
  }
}
