import type { Link } from '@tsnctl/netlink';
import { isPodSide } from '../interfaces-of.ts';
import type { PodIdentifier, PodIdentity } from './identify-pods.ts';
import type { PodInterface } from './policy-source.ts';

/** A pod that has no process yet is asked for again this long: a sandbox takes a second, an image more. */
const UNTIL_IDENTIFIED_MS = 60_000;
/** A chain of plugins is through by then: addresses by DHCP take longest. */
const YOUNG_MS = 10_000;

interface Entry {
  readonly ifindex: number;
  readonly name: string;
  /** The node's number for the pod's namespace. */
  readonly nsid: number;
  readonly since: number;
  /** It was there before this process looked for the first time. */
  readonly wasThere: boolean;
  identity: PodIdentity;
}

const UNKNOWN: PodIdentity = { identified: false };

/** The pods' interfaces of a node, and whose they are. */
export class PodTable {
  readonly #entries = new Map<number, Entry>();
  readonly #identifier: PodIdentifier;
  readonly #now: () => number;
  #isFirst = true;

  constructor(identifier: PodIdentifier, now: () => number = () => performance.now()) {
    this.#identifier = identifier;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  indices(): number[] {
    return [...this.#entries.keys()];
  }

  /** True where this is a pod's interface that was not known, or not by this name. */
  see(link: Link): boolean {
    const { index: ifindex, name, linkNetnsid: nsid } = link;
    if (!isPodSide(link) || nsid === undefined) {
      this.#entries.delete(ifindex);
      return false;
    }
    const known = this.#entries.get(ifindex);
    if (known?.name === name && known.nsid === nsid) return false;
    const identity = known?.nsid === nsid ? known.identity : UNKNOWN;
    const wasThere = known?.wasThere ?? this.#isFirst;
    this.#entries.set(ifindex, {
      ifindex,
      name,
      nsid,
      since: known?.since ?? this.#now(),
      wasThere,
      identity,
    });
    return true;
  }

  forget(ifindex: number): boolean {
    return this.#entries.delete(ifindex);
  }

  /** All links of the node: what is not among them has gone. */
  sync(links: readonly Link[]): void {
    const there = new Set(links.map(({ index }) => index));
    for (const ifindex of this.#entries.keys()) if (!there.has(ifindex)) this.#entries.delete(ifindex);
    for (const link of links) this.see(link);
    this.#isFirst = false;
  }

  /** Names of those that have just come: their chain of plugins may not be through. */
  young(): string[] {
    const now = this.#now();
    const entries = [...this.#entries.values()];
    return entries
      .filter(({ since, wasThere }) => !wasThere && now - since < YOUNG_MS)
      .map(({ name }) => name);
  }

  /** Find out whose these are, of those that are not known; the indices of those that are known better now. */
  identify(ifindices: Iterable<number>): number[] {
    const wanted = [...ifindices]
      .flatMap((ifindex) => this.#entries.get(ifindex) ?? [])
      .filter(({ identity }) => !identity.identified);
    const found = this.#identifier.identify(new Set(wanted.map(({ nsid }) => nsid)));
    return wanted.flatMap((entry) => {
      const identity = found.get(entry.nsid);
      if (!identity) return [];
      const same = JSON.stringify(identity) === JSON.stringify(entry.identity);
      entry.identity = identity;
      return same ? [] : [entry.ifindex];
    });
  }

  all(): PodInterface[] {
    return [...this.#entries.keys()].flatMap((ifindex) => this.get(ifindex) ?? []);
  }

  get(ifindex: number): PodInterface | undefined {
    const entry = this.#entries.get(ifindex);
    if (!entry) return undefined;
    const { name, identity } = entry;
    return { ifindex, name, ...identity, identified: identity.identified || this.#isOld(entry) };
  }

  /** Those whose pod may be found out yet. */
  unidentified(): number[] {
    const entries = [...this.#entries.values()];
    return entries
      .filter((entry) => !entry.identity.identified && !this.#isOld(entry))
      .map(({ ifindex }) => ifindex);
  }

  #isOld({ since }: Entry): boolean {
    return this.#now() - since > UNTIL_IDENTIFIED_MS;
  }
}
