import { NetNs } from '@tsnctl/linux';
import { type TcxHook, tcxRevisions } from 'libbpf-ts';

/** What tcxRevisions has for an interface that is not there. */
const GONE = 0n;

/**
 * Tells that somebody else has changed a hook of ours: no event tells that, and to look at everything takes a
 * hundred times as long as to ask each hook for its revision.
 */
export class OrderWatch {
  /** Absent where this process is in there itself, as on a node: then nobody has to go there and back. */
  readonly #netns: NetNs | undefined;
  #known = new Map<number, bigint>();

  constructor(netns: NetNs) {
    using here = NetNs.current();
    this.#netns = here.cookie === netns.cookie ? undefined : netns;
  }

  /** These were changed by ourselves: as they are now is right. */
  changed(hooks: readonly TcxHook[]): void {
    for (const hook of hooks) this.#known.delete(keyOf(hook));
    this.#ask(hooks);
  }

  /** These, and no others, are ours; those of them that were not known are right as they are. */
  learn(hooks: readonly TcxHook[]): void {
    const ours = new Set(hooks.map(keyOf));
    for (const key of this.#known.keys()) if (!ours.has(key)) this.#known.delete(key);
    this.#ask(hooks.filter((hook) => !this.#known.has(keyOf(hook))));
  }

  /** Whether one of these is not as it was the last time. That an interface is gone, events tell. */
  hasChanged(hooks: readonly TcxHook[]): boolean {
    const former = hooks.map((hook) => this.#known.get(keyOf(hook)));
    this.#ask(hooks);
    return hooks.some((hook, at) => {
      const now = this.#known.get(keyOf(hook));
      return former[at] !== undefined && now !== GONE && former[at] !== now;
    });
  }

  #ask(hooks: readonly TcxHook[]): void {
    const revisions = tcxRevisions(hooks, this.#netns);
    for (const [at, hook] of hooks.entries()) this.#known.set(keyOf(hook), revisions[at] ?? GONE);
  }
}

function keyOf({ ifindex, direction }: TcxHook): number {
  return ifindex * 2 + (direction === 'egress' ? 1 : 0);
}
