import type { NetNs } from '@tsnctl/linux';
import { type TcxHook, tcxRevisions } from 'libbpf-ts';

/**
 * Tells that somebody else has changed a hook of ours: no event tells that, and to look at everything takes a
 * hundred times as long as to ask each hook for its revision.
 */
export class OrderWatch {
  readonly #netns: NetNs;
  #known = new Map<number, bigint>();

  constructor(netns: NetNs) {
    this.#netns = netns;
  }

  /** These were changed by ourselves: as they are now is right. */
  changed(hooks: readonly TcxHook[]): void {
    for (const hook of hooks) this.#known.delete(keyOf(hook));
    this.learn(hooks);
  }

  /** Those of these that were not known are right as they are. */
  learn(hooks: readonly TcxHook[]): void {
    const strange = hooks.filter((hook) => !this.#known.has(keyOf(hook)));
    const revisions = tcxRevisions(strange, this.#netns);
    for (const [at, hook] of strange.entries()) this.#known.set(keyOf(hook), revisions[at] ?? 0n);
  }

  /** Whether one of these is not as it was the last time; others are forgotten. */
  hasChanged(hooks: readonly TcxHook[]): boolean {
    const former = this.#known;
    this.#known = new Map();
    this.learn(hooks);
    for (const [key, revision] of this.#known) {
      if (former.has(key) && former.get(key) !== revision) return true;
    }
    return false;
  }
}

function keyOf({ ifindex, direction }: TcxHook): number {
  return ifindex * 2 + (direction === 'egress' ? 1 : 0);
}
